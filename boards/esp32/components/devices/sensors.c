#include "sensors.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "esp_log.h"

#include "abi.h"
#include "bme280.h"
#include "board.h"
#include "devices.h"
#include "i2c_bus.h"
#include "internal.h"
#include "monotonic.h"
#include "sht3x.h"
#include "wiring.h"

#if WASMOTE_DS18B20
#include "one_wire.h"
#endif

static const char *const tag = "sensor";

/* A chip, which can answer several channels: a conversion of SHT3x measures temperature and humidity at once. */
struct probe {
    struct sensor_wiring wiring;
    union {
        struct sht3x sht3x;
        struct bme280 bme280;
#if WASMOTE_DS18B20
        struct one_wire *line;
#endif
    };
};

static struct probe probes[SETTINGS_SENSORS];
static size_t probeCount;

/* NULL: no such channel. */
static struct {
    struct probe *probe;
    enum probe_quantity quantity;
    /** Why the last reading failed: the log says it once, and again when it changes. */
    enum probe_fault fault;
} channels[SETTINGS_SENSORS];

static bool is_same_chip(const struct sensor_wiring *a, const struct sensor_wiring *b)
{
    return a->driver == b->driver && a->sda == b->sda && a->scl == b->scl && a->address == b->address &&
           a->pin == b->pin && a->value == b->value;
}

/* NULL, or why it can't be used. */
static const char *start(struct probe *probe)
{
    const struct sensor_wiring *wiring = &probe->wiring;
    if (wiring->driver == WIRING_CONSTANT) return NULL;
    if (wiring->driver == WIRING_INTERNAL) return internal_init() ? NULL : "this chip has no sensor of its own";
#if WASMOTE_DS18B20
    if (wiring->driver == WIRING_DS18B20) {
        probe->line = one_wire_open(wiring->pin);
        return probe->line != NULL ? NULL : "the chip has no channel left for 1-Wire";
    }
#endif
    const struct probe_bus *bus = i2c_bus(wiring->sda, wiring->scl);
    if (bus == NULL) return "the chip has no I2C left";
    if (wiring->driver == WIRING_SHT3X) {
        sht3x_init(&probe->sht3x, bus, wiring->address);
    } else {
        bme280_init(&probe->bme280, bus, wiring->address);
    }
    return NULL;
}

static void add(uint32_t channel, const struct sensor_wiring *wiring)
{
    size_t i = 0;
    while (i < probeCount && !is_same_chip(&probes[i].wiring, wiring))
        i++;
    struct probe *probe = &probes[i];
    if (i == probeCount) {
        probe->wiring = *wiring;
        const char *why = start(probe);
        if (why != NULL) {
            ESP_LOGE(tag, "sensor%" PRIu32 ": %s", channel, why);
            return;
        }
        probeCount++;
    }
    channels[channel].probe = probe;
    channels[channel].quantity = wiring->quantity;
}

void sensors_init(const struct settings *settings, char *workspace)
{
    for (uint32_t channel = 0; channel < SETTINGS_SENSORS; channel++) {
        char key[SETTINGS_KEY_BYTES];
        char text[SETTINGS_TEXT_BYTES];
        struct sensor_wiring wiring;
        (void)snprintf(key, sizeof key, "sensor%" PRIu32, channel);
        int32_t length = settings_get(settings, key, workspace, SETTINGS_VALUE_BYTES);
        if (length <= 0) continue;
        if (wiring_sensor(workspace, (uint32_t)length, &chip, &wiring, text)) {
            add(channel, &wiring);
        } else {
            ESP_LOGE(tag, "%s: %s", key, text);
        }
    }
}

static int32_t read(struct probe *probe, enum probe_quantity quantity, int32_t *value, enum probe_fault *fault)
{
    uint32_t nowMs = (uint32_t)monotonic_ms();
    int32_t result;
    switch (probe->wiring.driver) {
    case WIRING_SHT3X:
        result = sht3x_read(&probe->sht3x, quantity, nowMs, value);
        *fault = probe->sht3x.fault;
        return result;
    case WIRING_BME280:
        result = bme280_read(&probe->bme280, quantity, nowMs, value);
        *fault = probe->bme280.fault;
        return result;
#if WASMOTE_DS18B20
    case WIRING_DS18B20:
        return one_wire_read(probe->line, value, fault);
#endif
    case WIRING_CONSTANT:
        *value = probe->wiring.value;
        return 0;
    default:
        *fault = PROBE_OK;
        return internal_read(value);
    }
}

int32_t board_sensor_read(uint32_t channel, int32_t *value)
{
    if (channel >= SETTINGS_SENSORS || channels[channel].probe == NULL) return HAL_ENOENT;
    enum probe_fault fault = PROBE_OK;
    int32_t result = read(channels[channel].probe, channels[channel].quantity, value, &fault);
    if (result == HAL_EAGAIN) return result;
    if (fault != channels[channel].fault) {
        channels[channel].fault = fault;
        if (fault == PROBE_OK) {
            ESP_LOGI(tag, "sensor%" PRIu32 " answers again", channel);
        } else {
            ESP_LOGE(tag, "sensor%" PRIu32 ": %s", channel, probe_fault_text(fault));
        }
    }
    return result;
}
