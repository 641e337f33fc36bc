#include "bme280.h"

#include "abi.h"

/* Registers [section 5.3]. */
#define REGISTER_TRIM_FIRST 0x88
#define REGISTER_ID 0xd0
#define REGISTER_RESET 0xe0
#define REGISTER_TRIM_SECOND 0xe1
#define REGISTER_CTRL_HUM 0xf2
#define REGISTER_STATUS 0xf3
#define REGISTER_CTRL_MEAS 0xf4
#define REGISTER_CONFIG 0xf5
#define REGISTER_RESULT 0xf7

/* [section 5.4.1], [section 5.4.2] */
#define CHIP_ID 0x60
#define RESET 0xb6

/* Bits of the status [section 5.4.4]. */
#define STATUS_MEASURING 0x08
#define STATUS_COPYING 0x01

/*
 * Every quantity once, without filter, one conversion [sections 5.4.3, 5.4.5, 5.4.6]: "weather monitoring" of section
 * 3.5.1. What is written to ctrl_hum counts from the next write to ctrl_meas on.
 */
static const uint8_t measure[][2] = {
    {REGISTER_CTRL_HUM, 0x01},
    {REGISTER_CONFIG, 0x00},
    {REGISTER_CTRL_MEAS, 0x25},
};

/* From reset to the first access: 2 ms [section 1.1]. A clock of whole milliseconds can be one ahead. */
#define START_MS 3

/* Each quantity once: 1.25 + 2.3 + 2 * (2.3 + 0.575) ms at most, which is 9.3 [section 9.1]. */
#define CONVERSION_MS 11

/* How long past those times the chip may say that it is busy. */
#define LATE_MS 100

/* What the chip is specified for, in thousandths [section 1]. */
#define LEAST_TEMPERATURE (-40000)
#define MOST_TEMPERATURE 85000
#define LEAST_PRESSURE 300000
#define MOST_PRESSURE 1100000

/* What a data register holds before the first conversion, and if the quantity is skipped [section 5.4.7 to 5.4.9]. */
#define SKIPPED_20 0x80000
#define SKIPPED_16 0x8000

/* Trimming ----------------------------------------------------------------------------------------------------------
 */

static bool is_stuck(const uint8_t *bytes, uint32_t length)
{
    if (bytes[0] != 0x00 && bytes[0] != 0xff) return false;
    for (uint32_t i = 1; i < length; i++)
        if (bytes[i] != bytes[0]) return false;
    return true;
}

static uint16_t word_at(const uint8_t *bytes, uint32_t offset)
{
    return (uint16_t)(bytes[offset] | bytes[offset + 1] << 8);
}

static int16_t signed_at(const uint8_t *bytes, uint32_t offset)
{
    uint16_t word = word_at(bytes, offset);
    return (int16_t)(word > INT16_MAX ? word - 0x10000 : word);
}

/* 12 bits, in two's complement. */
static int16_t signed_12(uint32_t high, uint32_t low)
{
    int32_t value = (int32_t)(high << 4 | low);
    return (int16_t)(value > 0x7ff ? value - 0x1000 : value);
}

enum probe_fault bme280_unpack(const uint8_t bytes[BME280_TRIM_BYTES], struct bme280_trim *trim)
{
    /* Temperature and pressure fill all but the last two of the first part; of these, 0xa0 is reserved. */
    const uint8_t *second = bytes + BME280_TRIM_FIRST_BYTES;
    if (is_stuck(bytes, BME280_TRIM_FIRST_BYTES) || is_stuck(second, BME280_TRIM_BYTES - BME280_TRIM_FIRST_BYTES))
        return PROBE_STUCK;
    *trim = (struct bme280_trim){
        .t1 = word_at(bytes, 0),
        .t2 = signed_at(bytes, 2),
        .t3 = signed_at(bytes, 4),
        .p1 = word_at(bytes, 6),
        .p2 = signed_at(bytes, 8),
        .p3 = signed_at(bytes, 10),
        .p4 = signed_at(bytes, 12),
        .p5 = signed_at(bytes, 14),
        .p6 = signed_at(bytes, 16),
        .p7 = signed_at(bytes, 18),
        .p8 = signed_at(bytes, 20),
        .p9 = signed_at(bytes, 22),
        .h1 = bytes[25],
        .h2 = signed_at(second, 0),
        .h3 = second[2],
        /* The two share the byte 0xe5. */
        .h4 = signed_12(second[3], second[4] & 0x0f),
        .h5 = signed_12(second[5], second[4] >> 4),
        .h6 = (int8_t)(second[6] > INT8_MAX ? second[6] - 0x100 : second[6]),
    };
    return PROBE_OK;
}

/* Compensation ------------------------------------------------------------------------------------------------------
 */

/*
 * The formulas of section 4.2.3 with all intermediate values in 64 bits, so that no trimming parameters, however wrong
 * they were read, make one overflow. `>>` of a negative number rounds down, as the datasheet takes it to.
 */

/* The temperature in units of 1/5120 of a degree, on which the other two depend. */
static int64_t fine_temperature(int64_t adc, const struct bme280_trim *trim)
{
    int64_t linear = (((adc >> 3) - 2 * (int64_t)trim->t1) * trim->t2) >> 11;
    int64_t difference = (adc >> 4) - (int64_t)trim->t1;
    int64_t square = (((difference * difference) >> 12) * trim->t3) >> 14;
    return linear + square;
}

/*
 * In 1/256 of a pascal; 0 if these parameters give none. `fine` must be that of a plausible temperature: then `offset`
 * stays below 2^53 and `slope` between 2^46 and 2^48.
 */
static int64_t pressure_256(int64_t adc, int64_t fine, const struct bme280_trim *trim)
{
    int64_t warmth = fine - 128000;
    int64_t offset =
        warmth * warmth * trim->p6 + warmth * trim->p5 * (INT64_C(1) << 17) + trim->p4 * (INT64_C(1) << 35);
    int64_t slope = (INT64_C(1) << 47) + ((warmth * warmth * trim->p3) >> 8) + warmth * trim->p2 * (INT64_C(1) << 12);
    if (trim->p1 == 0 || slope > INT64_MAX / trim->p1) return 0;
    int64_t divisor = (slope * trim->p1) >> 33;
    int64_t span = (0x100000 - adc) * (INT64_C(1) << 31) - offset;
    if (span < 0 || span > INT64_MAX / 3125) return 0;
    int64_t raw = span * 3125 / divisor;
    /* More than ten times the most that the chip measures: below it, what follows can't overflow. */
    if (raw > INT64_C(1) << 36) return 0;
    int64_t second = (trim->p9 * (raw >> 13) * (raw >> 13)) >> 25;
    int64_t first = (trim->p8 * raw) >> 19;
    return ((raw + second + first) >> 8) + trim->p7 * INT64_C(16);
}

/* In percent by 2^22, from 0 to 100. */
static int64_t humidity_22(int64_t adc, int64_t fine, const struct bme280_trim *trim)
{
    int64_t warmth = fine - 76800;
    int64_t signal = (adc * (1 << 14) - trim->h4 * (INT64_C(1) << 20) - trim->h5 * warmth + (1 << 14)) >> 15;
    int64_t drift = (((warmth * trim->h6) >> 10) * (((warmth * trim->h3) >> 11) + (1 << 15))) >> 10;
    int64_t linear = signal * (((drift + (1 << 21)) * trim->h2 + (1 << 13)) >> 14);
    int64_t humidity = linear - (((((linear >> 15) * (linear >> 15)) >> 7) * trim->h1) >> 4);
    if (humidity < 0) return 0;
    return humidity > 100 << 22 ? 100 << 22 : humidity;
}

enum probe_fault bme280_convert(const uint8_t result[BME280_RESULT_BYTES], const struct bme280_trim *trim,
                                struct bme280_values *values)
{
    if (is_stuck(result, BME280_RESULT_BYTES)) return PROBE_STUCK;
    int64_t pressure = result[0] << 12 | result[1] << 4 | result[2] >> 4;
    int64_t temperature = result[3] << 12 | result[4] << 4 | result[5] >> 4;
    int64_t humidity = result[6] << 8 | result[7];
    if (pressure == SKIPPED_20 || temperature == SKIPPED_20 || humidity == SKIPPED_16) return PROBE_NOT_MEASURED;

    int64_t fine = fine_temperature(temperature, trim);
    /* 1000 / 5120, then 10 / 256 for a hectopascal of 100 pascals, then 1000 / 2^22: each rounded to the nearest. */
    temperature = (fine * 25 + 64) >> 7;
    if (temperature < LEAST_TEMPERATURE || temperature > MOST_TEMPERATURE) return PROBE_IMPLAUSIBLE;
    pressure = (pressure_256(pressure, fine, trim) * 10 + 128) >> 8;
    if (pressure < LEAST_PRESSURE || pressure > MOST_PRESSURE) return PROBE_IMPLAUSIBLE;
    humidity = (humidity_22(humidity, fine, trim) * 1000 + (1 << 21)) >> 22;
    *values = (struct bme280_values){
        .temperature = (int32_t)temperature,
        .humidity = (int32_t)humidity,
        .pressure = (int32_t)pressure,
    };
    return PROBE_OK;
}

/* The chip ----------------------------------------------------------------------------------------------------------
 */

void bme280_init(struct bme280 *probe, const struct probe_bus *bus, uint8_t address)
{
    *probe = (struct bme280){.bus = bus, .address = address, .fault = PROBE_OK, .phase = BME280_UNKNOWN};
}

/* [section 6.2.2]: a register's address is written, then what it and the ones behind it hold is read. */
static bool get(const struct bme280 *probe, uint8_t address, uint8_t *bytes, uint32_t length)
{
    const struct probe_bus *bus = probe->bus;
    return bus->write(bus->context, probe->address, &address, 1) == 0 &&
           bus->read(bus->context, probe->address, bytes, length) == 0;
}

/* [section 6.2.1] */
static bool put(const struct bme280 *probe, const uint8_t registerAndValue[2])
{
    const struct probe_bus *bus = probe->bus;
    return bus->write(bus->context, probe->address, registerAndValue, 2) == 0;
}

static void enter(struct bme280 *probe, enum bme280_phase phase, uint32_t nowMs)
{
    probe->phase = phase;
    probe->sinceMs = nowMs;
}

/* Each of these does one phase's work. PROBE_OK: it is done, or more time is needed. ----------------------------------
 */

static enum probe_fault identify(struct bme280 *probe, uint32_t nowMs)
{
    static const uint8_t reset[] = {REGISTER_RESET, RESET};
    uint8_t id = 0;
    if (!get(probe, REGISTER_ID, &id, 1)) return PROBE_NO_ANSWER;
    if (is_stuck(&id, 1)) return PROBE_STUCK;
    if (id != CHIP_ID) return PROBE_OTHER_CHIP;
    if (!put(probe, reset)) return PROBE_NO_ANSWER;
    enter(probe, BME280_STARTING, nowMs);
    return PROBE_OK;
}

static enum probe_fault measure_once(struct bme280 *probe, uint32_t nowMs)
{
    for (uint32_t i = 0; i < sizeof measure / sizeof measure[0]; i++)
        if (!put(probe, measure[i])) return PROBE_NO_ANSWER;
    probe->fresh = 0;
    enter(probe, BME280_CONVERTING, nowMs);
    return PROBE_OK;
}

/* Asks whether the chip is still at what `bit` stands for, after the time that this takes at most. */
static enum probe_fault ask(const struct bme280 *probe, uint8_t bit, uint32_t lateMs, bool *busy)
{
    uint8_t status = 0;
    if (!get(probe, REGISTER_STATUS, &status, 1)) return PROBE_NO_ANSWER;
    *busy = (status & bit) != 0;
    return *busy && lateMs > LATE_MS ? PROBE_LATE : PROBE_OK;
}

static enum probe_fault trim_and_measure(struct bme280 *probe, uint32_t nowMs)
{
    uint8_t bytes[BME280_TRIM_BYTES];
    bool busy = true;
    uint32_t elapsedMs = nowMs - probe->sinceMs;
    if (elapsedMs < START_MS) return PROBE_OK;
    enum probe_fault fault = ask(probe, STATUS_COPYING, elapsedMs - START_MS, &busy);
    if (fault != PROBE_OK || busy) return fault;
    if (!get(probe, REGISTER_TRIM_FIRST, bytes, BME280_TRIM_FIRST_BYTES) ||
        !get(probe, REGISTER_TRIM_SECOND, bytes + BME280_TRIM_FIRST_BYTES, BME280_TRIM_BYTES - BME280_TRIM_FIRST_BYTES))
        return PROBE_NO_ANSWER;
    fault = bme280_unpack(bytes, &probe->trim);
    return fault == PROBE_OK ? measure_once(probe, nowMs) : fault;
}

static enum probe_fault fetch(struct bme280 *probe, uint32_t nowMs)
{
    uint8_t result[BME280_RESULT_BYTES];
    bool busy = true;
    uint32_t elapsedMs = nowMs - probe->sinceMs;
    if (elapsedMs < CONVERSION_MS) return PROBE_OK;
    if (elapsedMs > PROBE_FRESH_MS) return measure_once(probe, nowMs);
    enum probe_fault fault = ask(probe, STATUS_MEASURING, elapsedMs - CONVERSION_MS, &busy);
    if (fault != PROBE_OK || busy) return fault;
    if (!get(probe, REGISTER_RESULT, result, sizeof result)) return PROBE_NO_ANSWER;
    fault = bme280_convert(result, &probe->trim, &probe->values);
    if (fault != PROBE_OK) return fault;
    enter(probe, BME280_READY, nowMs);
    probe->fresh = 1 << PROBE_TEMPERATURE | 1 << PROBE_HUMIDITY | 1 << PROBE_PRESSURE;
    return PROBE_OK;
}

static enum probe_fault advance(struct bme280 *probe, uint32_t nowMs)
{
    switch (probe->phase) {
    case BME280_UNKNOWN:
        return identify(probe, nowMs);
    case BME280_STARTING:
        return trim_and_measure(probe, nowMs);
    case BME280_READY:
        return measure_once(probe, nowMs);
    case BME280_CONVERTING:
        return fetch(probe, nowMs);
    }
    return PROBE_OK;
}

int32_t bme280_read(struct bme280 *probe, enum probe_quantity quantity, uint32_t nowMs, int32_t *value)
{
    const uint32_t bit = UINT32_C(1) << quantity;
    /* While it is ready, `sinceMs` is when it measured. */
    if (probe->phase == BME280_READY && nowMs - probe->sinceMs > PROBE_FRESH_MS) probe->fresh = 0;
    if ((probe->fresh & bit) == 0) {
        enum probe_fault fault = advance(probe, nowMs);
        if (fault != PROBE_OK) {
            probe->fresh = 0;
            probe->phase = BME280_UNKNOWN;
            probe->fault = fault;
            return HAL_EIO;
        }
        if ((probe->fresh & bit) == 0) return HAL_EAGAIN;
    }
    probe->fault = PROBE_OK;
    probe->fresh &= ~bit;
    const struct bme280_values *values = &probe->values;
    if (quantity == PROBE_TEMPERATURE) *value = values->temperature;
    if (quantity == PROBE_HUMIDITY) *value = values->humidity;
    if (quantity == PROBE_PRESSURE) *value = values->pressure;
    return 0;
}
