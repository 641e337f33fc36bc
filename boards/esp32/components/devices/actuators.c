#include "actuators.h"

#include <inttypes.h>
#include <stdio.h>

#include "driver/gpio.h"
#include "esp_log.h"

#include "abi.h"
#include "board.h"
#include "devices.h"
#include "wiring.h"

static const char *const tag = "actuator";

static struct {
    bool wired;
    struct actuator_wiring wiring;
} channels[SETTINGS_ACTUATORS];

static void set(const struct actuator_wiring *wiring, bool on)
{
    (void)gpio_set_level(wiring->pin, on == wiring->activeHigh);
}

void actuators_init(const struct settings *settings, char *workspace)
{
    for (uint32_t channel = 0; channel < SETTINGS_ACTUATORS; channel++) {
        char key[SETTINGS_KEY_BYTES];
        char text[SETTINGS_TEXT_BYTES];
        (void)snprintf(key, sizeof key, "actuator%" PRIu32, channel);
        int32_t length = settings_get(settings, key, workspace, SETTINGS_VALUE_BYTES);
        if (length <= 0) continue;
        struct actuator_wiring *wiring = &channels[channel].wiring;
        if (!wiring_actuator(workspace, (uint32_t)length, &chip, wiring, text)) {
            ESP_LOGE(tag, "%s: %s", key, text);
            continue;
        }
        /* The level first: a relay must not click at the start. */
        set(wiring, false);
        const gpio_config_t config = {.pin_bit_mask = UINT64_C(1) << wiring->pin, .mode = GPIO_MODE_OUTPUT};
        channels[channel].wired = gpio_config(&config) == ESP_OK;
        set(wiring, false);
    }
}

int32_t board_actuator_write(uint32_t channel, int32_t value)
{
    if (channel >= SETTINGS_ACTUATORS || !channels[channel].wired) return HAL_ENOENT;
    set(&channels[channel].wiring, value != 0);
    return 0;
}
