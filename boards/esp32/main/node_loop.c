#include <inttypes.h>

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#include "checkpoint.h"
#include "checkpoints.h"
#include "devices.h"
#include "firmware.h"
#include "monotonic.h"
#include "net.h"
#include "network.h"
#include "runner.h"
#include "sleep.h"
#include "uplink.h"
#include "watchdog.h"

#if !CONFIG_IDF_TARGET_LINUX
#include "esp_ota_ops.h"
#endif

/* For the last bytes before the chip powers down. */
#define DELIVER_MS 2000

/* The chip stays awake while someone types. */
#define TYPING_MS 60000

static const char *const tag = "node";

/* Neither this firmware nor this module is at fault: the bootloader need not go back to the one before. */
static void declare_healthy(void)
{
    watchdog_forgive();
#if !CONFIG_IDF_TARGET_LINUX
    (void)esp_ota_mark_app_valid_cancel_rollback();
#endif
}

static void show_state(void)
{
    if (!network_is_up()) {
        led_show(LED_NO_NETWORK);
    } else {
        led_show(net_broker() == NET_BROKER_OPEN ? LED_CONNECTED : LED_NO_BROKER);
    }
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Waits for the links or the time; the watchdog sees that the task is alive. */
static void wait(uint32_t ms)
{
    uint64_t untilMs = monotonic_ms() + ms;
    for (;;) {
        watchdog_feed();
        show_state();
        uint64_t nowMs = monotonic_ms();
        uint64_t leftMs = nowMs < untilMs ? untilMs - nowMs : 0;
        if (net_wait((uint32_t)(leftMs < WATCHDOG_FEED_MS ? leftMs : WATCHDOG_FEED_MS)) || leftMs == 0) return;
    }
}

/* After failures that came one after the other. */
static void back_off(struct firmware *firmware)
{
    uint32_t ms = watchdog_backoff_ms();
    if (ms == 0) return;
    ESP_LOGW(tag, "the node starts in %" PRIu32 " ms", ms);
    atomic_store(&firmware->state, FIRMWARE_BACKING_OFF);
    uint64_t untilMs = monotonic_ms() + ms;
    for (uint64_t nowMs = monotonic_ms(); nowMs < untilMs; nowMs = monotonic_ms()) {
        watchdog_feed();
        vTaskDelay(pdMS_TO_TICKS(least((uint32_t)(untilMs - nowMs), WATCHDOG_FEED_MS)));
    }
}

static void start(struct runner *runner, struct node *node)
{
    uint32_t sleptMs = 0;
    checkpoints_init(node->metadata.imageSize);
    if (sleep_restore(node, &sleptMs)) {
        runner_init_slept(runner, node, sleptMs);
    } else {
        runner_init(runner, node, watchdog_is_repeated() ? RUNNER_START_SUSPECT : RUNNER_START_NORMAL);
    }
}

/* The node is asleep for `ms` milliseconds: so is the chip, if that pays. Else it just waits. */
static void power_down(struct runner *runner, uint32_t ms)
{
    uint64_t beganMs = monotonic_ms();
    if (ms < SLEEP_LEAST_MS || console_idle_ms() < TYPING_MS) return;
    if (!sleep_keep(runner->node) && checkpoint_write(&runner->checkpoints, runner->node) < 0) {
        ESP_LOGE(tag, "the image can be kept neither in RTC memory nor in flash: the chip stays awake");
        return;
    }
    declare_healthy();
    watchdog_feed();
    net_finish(DELIVER_MS);
    uplink_stop();
    led_show(LED_OFF);
    uint32_t passedMs = (uint32_t)(monotonic_ms() - beganMs);
    sleep_power_down(ms > passedMs ? ms - passedMs : 1);
}

void node_loop(struct firmware *firmware)
{
    static struct runner runner;
    watchdog_feed();
    back_off(firmware);
    start(&runner, &firmware->node);
    atomic_store(&firmware->state, FIRMWARE_RUNNING);
    uint64_t startedMs = monotonic_ms();
    bool healthy = false;
    for (;;) {
        uint64_t nowMs = monotonic_ms();
        if (!healthy && nowMs - startedMs >= RUNNER_HEALTHY_MS) {
            healthy = true;
            declare_healthy();
        }
        uint32_t waitMs = runner_turn(&runner, (uint32_t)nowMs);
        if (waitMs == RUNNER_ENDED) break;
        if (runner.phase == RUNNER_ASLEEP) power_down(&runner, waitMs);
        wait(waitMs);
    }
    ESP_LOGW(tag, "the node has ended; it runs again after a restart");
    atomic_store(&firmware->state, FIRMWARE_ENDED);
    for (;;)
        wait(UINT32_MAX);
}
