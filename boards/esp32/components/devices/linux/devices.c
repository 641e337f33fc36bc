/** The `linux` target: a sensor that measures a slow wave around 20 degrees, and no pin. */

#include "devices.h"

#include <inttypes.h>
#include <stdio.h>

#include "esp_log.h"

#include "abi.h"
#include "board.h"
#include "monotonic.h"

/* Millidegrees, and milliseconds for the way up or down. */
#define LEAST 19000
#define SPREAD 2000
#define HALF_WAVE_MS 60000

static const char *const tag = "actuator";

const struct settings_chip chip = {.name = "linux", .internal = true};

void chip_id(char id[SETTINGS_ID_BYTES])
{
    (void)snprintf(id, SETTINGS_ID_BYTES, "node-linux");
}

void devices_init(const struct settings *settings)
{
    (void)settings;
}

void led_init(void) {}

void led_show(enum led_state state)
{
    (void)state;
}

int32_t board_sensor_read(uint32_t channel, int32_t *value)
{
    if (channel != 0) return HAL_ENOENT;
    int32_t at = (int32_t)(monotonic_ms() % (2 * HALF_WAVE_MS));
    if (at > HALF_WAVE_MS) at = 2 * HALF_WAVE_MS - at;
    *value = LEAST + at / (HALF_WAVE_MS / SPREAD);
    return 0;
}

int32_t board_actuator_write(uint32_t channel, int32_t value)
{
    if (channel != 0) return HAL_ENOENT;
    ESP_LOGI(tag, "%" PRIu32 " = %" PRId32, channel, value);
    return 0;
}
