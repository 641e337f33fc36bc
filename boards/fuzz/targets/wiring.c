/* What is wired to a channel, as a text of any bytes: once as a sensor, once as an actuator. */

#include "wiring.h"

#include "chip.h"
#include "input.h"

#define NOTHING_YET 0x7f

static bool has_pin(uint8_t pin)
{
    return pin < 64 && (fuzzChip.pins >> pin & 1) != 0;
}

static bool is_one_line(const char text[SETTINGS_TEXT_BYTES])
{
    const char *end = memchr(text, '\0', SETTINGS_TEXT_BYTES);
    return end != NULL && end != text && memchr(text, '\n', (size_t)(end - text)) == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    char *value = (char *)input_rest(&input);
    char text[SETTINGS_TEXT_BYTES];
    struct sensor_wiring sensor = {0};
    memset(text, NOTHING_YET, sizeof text);
    if (!wiring_sensor(value, (uint32_t)size, &fuzzChip, &sensor, text)) {
        CLAIM(is_one_line(text));
    } else if (sensor.driver == WIRING_SHT3X || sensor.driver == WIRING_BME280) {
        CLAIM(has_pin(sensor.sda) && has_pin(sensor.scl) && sensor.sda != sensor.scl);
        CLAIM(sensor.address >= 0x44 && sensor.address <= 0x77);
    } else if (sensor.driver == WIRING_CONSTANT) {
        CLAIM(sensor.value >= -1000000 && sensor.value <= 2000000);
    } else if (sensor.driver == WIRING_DS18B20) {
        CLAIM(has_pin(sensor.pin));
    }
    struct actuator_wiring actuator = {0};
    memset(text, NOTHING_YET, sizeof text);
    if (wiring_actuator(value, (uint32_t)size, &fuzzChip, &actuator, text)) {
        CLAIM(actuator.driver == WIRING_GPIO && has_pin(actuator.pin));
    } else {
        CLAIM(is_one_line(text));
    }
    free(value);
    return 0;
}
