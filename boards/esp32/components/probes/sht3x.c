#include "sht3x.h"

#include <stddef.h>

#include "abi.h"

/* Single shot, high repeatability, no clock stretching [section 4.3]. */
static const uint8_t measure[] = {0x24, 0x00};

/*
 * A conversion of high repeatability takes 15.5 ms at most, at the lowest voltage [section 2.2]. A clock of
 * whole milliseconds can be one ahead.
 */
#define CONVERSION_MS 17

/* What the chip is specified for, in thousandths [section 1.2]. */
#define LEAST_TEMPERATURE (-40000)
#define MOST_TEMPERATURE 125000

#define FULL_SCALE 65535

static uint32_t bit_of(enum probe_quantity quantity)
{
    return UINT32_C(1) << quantity;
}

uint8_t sht3x_crc(const uint8_t *bytes, uint32_t length)
{
    uint8_t crc = 0xff;
    for (uint32_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint8_t)((crc & 0x80) != 0 ? crc << 1 ^ 0x31 : crc << 1);
    }
    return crc;
}

/* `range` thousandths at full scale, rounded to the nearest. */
static int32_t scale(const uint8_t word[2], uint32_t range)
{
    uint64_t signal = (uint64_t)word[0] << 8 | word[1];
    return (int32_t)((signal * range + FULL_SCALE / 2) / FULL_SCALE);
}

static bool is_stuck(const uint8_t result[SHT3X_RESULT_BYTES])
{
    if (result[0] != 0x00 && result[0] != 0xff) return false;
    for (uint32_t i = 1; i < SHT3X_RESULT_BYTES; i++)
        if (result[i] != result[0]) return false;
    return true;
}

enum probe_fault sht3x_convert(const uint8_t result[SHT3X_RESULT_BYTES], int32_t *temperature, int32_t *humidity)
{
    if (is_stuck(result)) return PROBE_STUCK;
    if (sht3x_crc(result, 2) != result[2] || sht3x_crc(result + 3, 2) != result[5]) return PROBE_CHECKSUM;
    int32_t millidegrees = scale(result, 175000) - 45000;
    if (millidegrees < LEAST_TEMPERATURE || millidegrees > MOST_TEMPERATURE) return PROBE_IMPLAUSIBLE;
    *temperature = millidegrees;
    *humidity = scale(result + 3, 100000);
    return PROBE_OK;
}

void sht3x_init(struct sht3x *probe, const struct probe_bus *bus, uint8_t address)
{
    *probe = (struct sht3x){.bus = bus, .address = address, .fault = PROBE_OK};
}

static int32_t fail(struct sht3x *probe, enum probe_fault fault)
{
    probe->converting = false;
    probe->fresh = 0;
    probe->fault = fault;
    return HAL_EIO;
}

static int32_t begin(struct sht3x *probe, uint32_t nowMs)
{
    const struct probe_bus *bus = probe->bus;
    if (bus->write(bus->context, probe->address, measure, sizeof measure) != 0) return fail(probe, PROBE_NO_ANSWER);
    probe->converting = true;
    probe->fresh = 0;
    probe->sinceMs = nowMs;
    return HAL_EAGAIN;
}

static enum probe_fault fetch(struct sht3x *probe)
{
    uint8_t result[SHT3X_RESULT_BYTES];
    const struct probe_bus *bus = probe->bus;
    if (bus->read(bus->context, probe->address, result, sizeof result) != 0) return PROBE_NO_ANSWER;
    return sht3x_convert(result, &probe->temperature, &probe->humidity);
}

int32_t sht3x_read(struct sht3x *probe, enum probe_quantity quantity, uint32_t nowMs, int32_t *value)
{
    if (quantity != PROBE_TEMPERATURE && quantity != PROBE_HUMIDITY) return fail(probe, PROBE_QUANTITY);
    /* While nothing is converted, `sinceMs` is when it was measured. */
    if (!probe->converting && nowMs - probe->sinceMs > PROBE_FRESH_MS) probe->fresh = 0;
    if ((probe->fresh & bit_of(quantity)) == 0) {
        uint32_t elapsedMs = nowMs - probe->sinceMs;
        if (!probe->converting || elapsedMs > PROBE_FRESH_MS) return begin(probe, nowMs);
        if (elapsedMs < CONVERSION_MS) return HAL_EAGAIN;
        enum probe_fault fault = fetch(probe);
        if (fault != PROBE_OK) return fail(probe, fault);
        probe->converting = false;
        probe->fault = PROBE_OK;
        probe->fresh = bit_of(PROBE_TEMPERATURE) | bit_of(PROBE_HUMIDITY);
        probe->sinceMs = nowMs;
    }
    probe->fresh &= ~bit_of(quantity);
    *value = quantity == PROBE_TEMPERATURE ? probe->temperature : probe->humidity;
    return 0;
}
