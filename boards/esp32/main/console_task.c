#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "esp_log.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "abi.h"
#include "checkpoints.h"
#include "console.h"
#include "firmware.h"
#include "monotonic.h"
#include "net.h"
#include "nvs_store.h"
#include "serial.h"
#include "sleep.h"
#include "task_stack.h"

/* Bytes; a setting's check nests deepest. */
#define STACK_BYTES TASK_STACK_BYTES(5120)

/* For what is still on its way to the broker, and to the serial line. */
#define RESTART_MS 500

static const char *const tag = "console";

static _Atomic uint64_t typedMs;

/* An answer's line is written at once, so that no line of the log gets into it; everything else, as it comes. */
static void write_text(void *context, const char *text, uint32_t length)
{
    static char line[CONSOLE_ANSWER_BYTES + 16];
    static uint32_t used;
    (void)context;
    for (uint32_t i = 0; i < length; i++) {
        if (used == sizeof line) {
            (void)fwrite(line, 1, used, stdout);
            used = 0;
        }
        line[used++] = text[i];
        if (text[i] != '\n' && (line[0] == '=' || i + 1 < length)) continue;
        (void)fwrite(line, 1, used, stdout);
        used = 0;
    }
    (void)fflush(stdout);
    (void)fsync(STDOUT_FILENO);
}

static int32_t factory_reset(void *context)
{
    (void)context;
    sleep_forget();
    int32_t settings = nvs_store_erase();
    int32_t checkpoints = checkpoints_erase();
    return settings == 0 && checkpoints == 0 ? 0 : HAL_EIO;
}

static void restart(void *context)
{
    (void)context;
    (void)fflush(stdout);
    vTaskDelay(pdMS_TO_TICKS(RESTART_MS));
    esp_restart();
}

static void run(void *argument)
{
    static struct console console;
    static struct console_platform platform = {
        .write = write_text,
        .status = status_answer,
        .heap = status_answer_heap,
        .module = status_answer_module,
        .factoryReset = factory_reset,
        .restart = restart,
    };
    struct firmware *firmware = argument;
    platform.context = firmware;
    console_init(&console, &platform, &firmware->settings);
    for (;;) {
        uint8_t bytes[64];
        uint32_t length = serial_read(bytes, sizeof bytes);
        if (length == 0) continue;
        atomic_store(&typedMs, monotonic_ms());
        console_feed(&console, bytes, length);
    }
}

void console_start(struct firmware *firmware)
{
    if (!serial_init() || xTaskCreate(run, "console", STACK_BYTES, firmware, uxTaskPriorityGet(NULL), NULL) != pdPASS)
        ESP_LOGE(tag, "there is no console: no memory is left");
}

uint32_t console_idle_ms(void)
{
    uint64_t at = atomic_load(&typedMs);
    uint64_t idleMs = monotonic_ms() - at;
    return at == 0 || idleMs > UINT32_MAX ? UINT32_MAX : (uint32_t)idleMs;
}
