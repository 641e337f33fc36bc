/** wasmote on an ESP32: what the firmware does from reset on. */

#include <stdlib.h>

#include "esp_log.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#include "clock.h"
#include "configuration.h"
#include "devices.h"
#include "firmware.h"
#include "heap.h"
#include "log.h"
#include "net.h"
#include "nvs_store.h"
#include "provisioning.h"
#include "uplink.h"
#include "watchdog.h"

#if CONFIG_IDF_TARGET_LINUX
#include <string.h>

#include "esp_private/partition_linux.h"
#endif

/* Without flash there is nothing that the firmware could do; it tries again, but not in a hurry. */
#define FLASH_FAILED_MS 60000

static const char *const tag = "boot";

static struct firmware firmware;

/* On the linux target the flash is the file that WASMOTE_FLASH names: an image as it would be written to a chip. */
static void prepare_linux(void)
{
#if CONFIG_IDF_TARGET_LINUX
    const char *path = getenv("WASMOTE_FLASH");
    esp_partition_file_mmap_ctrl_t *control = esp_partition_get_file_mmap_ctrl_input();
    if (path != NULL) (void)strlcpy(control->flash_file_name, path, sizeof control->flash_file_name);
#endif
}

static void found_problem(void *context, const struct settings_problem *problem)
{
    (void)context;
    ESP_LOGW(tag, "%s", problem->text);
}

/* Says what is wrong with the settings, and has the module's password hidden from the log. */
static void look_at_settings(const struct settings *settings)
{
    char *workspace = malloc(SETTINGS_VALUE_BYTES);
    if (workspace == NULL) return;
    (void)settings_review(settings, workspace, found_problem, NULL);
    free(workspace);
    char password[LOG_SECRET_BYTES];
    if (settings_get(settings, "password", password, sizeof password) > 0) log_hide(password);
}

static void open_settings(struct settings *settings)
{
    settings->chip = &chip;
    chip_id(settings->fallbackId);
    settings->store = nvs_store_open();
    if (settings->store == NULL) {
        vTaskDelay(pdMS_TO_TICKS(FLASH_FAILED_MS));
        esp_restart();
    }
    provisioning_import(settings);
}

void app_main(void)
{
    prepare_linux();
    heap_log("boot");
    watchdog_init();
    led_init();
    open_settings(&firmware.settings);
    console_start(&firmware);
    look_at_settings(&firmware.settings);
    configuration_init(&firmware.settings);
    devices_init(&firmware.settings);

    /* Before the network takes its part of the heap: the image wants one block. */
    if (!modules_load(&firmware.modules, &firmware.node)) {
        ESP_LOGE(tag, "no module can run: write one with `wasmote flash --module <file>`");
        atomic_store(&firmware.state, FIRMWARE_SAFE);
        led_show(LED_SAFE);
        return;
    }
    heap_log("module loaded");
    /* A driver that hangs while the network starts is ended too, and leaves its trace. */
    watchdog_begin();
    clock_init(&firmware.settings);
    if (!net_init(&firmware.settings) || !uplink_start(&firmware.settings))
        ESP_LOGE(tag, "there will be no network until a restart");
    node_loop(&firmware);
}
