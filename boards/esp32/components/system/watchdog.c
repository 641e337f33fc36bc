#include "watchdog.h"

#include <inttypes.h>

#include "esp_attr.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "sdkconfig.h"

#include "board.h"
#include "crc32.h"
#include "monotonic.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000

static const char *const tag = "watchdog";

/* Outlasts every reset but a loss of power, after which its CRC is wrong. */
static RTC_NOINIT_ATTR struct {
    /* Failures without a good minute between them. */
    uint32_t failures;
    uint32_t crc;
    /* Written by the watchdog's interrupt: when the node's task had last been alive, 0 if the watchdog has not fired.
     */
    uint32_t aliveMs;
    /* Whether the module was running. */
    bool inModule;
} trace;

static volatile uint32_t aliveMs;
static volatile bool inModule;

static uint32_t trace_crc(void)
{
    return crc32(0, (const uint8_t *)&trace.failures, sizeof trace.failures);
}

static void count(uint32_t failures)
{
    trace.failures = failures;
    trace.crc = trace_crc();
}

static const char *reason_text(esp_reset_reason_t reason)
{
    switch (reason) {
    case ESP_RST_POWERON:
        return "power on";
    case ESP_RST_EXT:
        return "reset pin";
    case ESP_RST_SW:
        return "restart";
    case ESP_RST_PANIC:
        return "crash";
    case ESP_RST_INT_WDT:
        return "interrupt watchdog";
    case ESP_RST_TASK_WDT:
        return "task watchdog";
    case ESP_RST_WDT:
        return "watchdog";
    case ESP_RST_DEEPSLEEP:
        return "deep sleep";
    case ESP_RST_BROWNOUT:
        return "supply voltage too low";
    default:
        return "other";
    }
}

void watchdog_init(void)
{
    esp_reset_reason_t reason = esp_reset_reason();
    if (reason == ESP_RST_POWERON || trace.crc != trace_crc()) {
        trace.aliveMs = 0;
        count(0);
    }
    ESP_LOGI(tag, "started by: %s", reason_text(reason));
    bool failed = reason == ESP_RST_PANIC || reason == ESP_RST_INT_WDT || reason == ESP_RST_TASK_WDT ||
                  reason == ESP_RST_WDT || reason == ESP_RST_BROWNOUT;
    if (!failed) {
        trace.aliveMs = 0;
        return;
    }
    count(trace.failures + 1);
    if (trace.aliveMs != 0) {
        ESP_LOGE(tag, "%s did not return within %d ms, %" PRIu32 " ms after the start",
                 trace.inModule ? "the module" : "the firmware's own code", CONFIG_ESP_TASK_WDT_TIMEOUT_S * 1000,
                 trace.aliveMs);
    }
    ESP_LOGW(tag, "failure %" PRIu32 " without a good minute in between", trace.failures);
    trace.aliveMs = 0;
}

/* ESP-IDF calls this from the watchdog's interrupt, just before it prints the tasks' backtraces and restarts. */
void IRAM_ATTR esp_task_wdt_isr_user_handler(void)
{
    trace.aliveMs = aliveMs;
    trace.inModule = inModule;
}

void watchdog_begin(void)
{
    ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
    watchdog_feed();
}

void watchdog_feed(void)
{
    /* 0 means that the watchdog has not fired. */
    aliveMs = (uint32_t)monotonic_ms() | 1;
    (void)esp_task_wdt_reset();
}

void board_watchdog_start(void)
{
    watchdog_feed();
    inModule = true;
}

void board_watchdog_stop(void)
{
    inModule = false;
    watchdog_feed();
}

uint32_t watchdog_backoff_ms(void)
{
    if (trace.failures == 0) return 0;
    uint32_t doublings = trace.failures - 1;
    return doublings < 6 ? BACKOFF_FIRST_MS << doublings : BACKOFF_MAX_MS;
}

/* A supply that breaks down is not the image's fault, however often it does. */
bool watchdog_is_repeated(void)
{
    return trace.failures > 1 && esp_reset_reason() != ESP_RST_BROWNOUT;
}

void watchdog_forgive(void)
{
    if (trace.failures > 0) count(0);
}
