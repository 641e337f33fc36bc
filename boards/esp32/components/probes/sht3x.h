/** Sensirion SHT30, SHT31, SHT35: temperature and humidity over I2C. Sections are those of "Datasheet SHT3x-DIS". */
#ifndef WASMOTE_SHT3X_H
#define WASMOTE_SHT3X_H

#include <stdbool.h>
#include <stdint.h>

#include "probe.h"

/** With the pin ADDR low, as on most breakout boards, and high [section 3.4]. */
#define SHT3X_ADDRESS 0x44
#define SHT3X_ADDRESS_2 0x45

/** Two words, each with its CRC [section 4.4]. */
#define SHT3X_RESULT_BYTES 6

struct sht3x {
    const struct probe_bus *bus;
    uint8_t address;
    /** Why the last read failed, or PROBE_OK. */
    enum probe_fault fault;
    /** A conversion is under way. */
    bool converting;
    /** When it began, or when the last one was fetched. */
    uint32_t sinceMs;
    /** What the last conversion gave, and which of it was not read yet: a bit for each quantity. */
    uint32_t fresh;
    int32_t temperature;
    int32_t humidity;
};

/** @param address 7 bits. The bus must live as long as the probe. */
void sht3x_init(struct sht3x *probe, const struct probe_bus *bus, uint8_t address);

/**
 * Reads a quantity, in its thousandths. Never blocks: the first call begins a conversion, and a later one fetches it.
 *
 * @param nowMs monotonic milliseconds that wrap at 2^32.
 * @return 0 and `*value` is set. Otherwise it is left alone: HAL_EAGAIN while the conversion is under way, for about
 *         17 ms; HAL_EIO: the probe failed, and `probe->fault` says how. The next call then starts afresh.
 */
int32_t sht3x_read(struct sht3x *probe, enum probe_quantity quantity, uint32_t nowMs, int32_t *value);

/** The CRC-8 of Sensirion: 0x31, from 0xff on [section 4.12]. */
uint8_t sht3x_crc(const uint8_t *bytes, uint32_t length);

/** Checks and converts what the chip sent: millidegrees Celsius and thousandths of a percent. [section 4.13] */
enum probe_fault sht3x_convert(const uint8_t result[SHT3X_RESULT_BYTES], int32_t *temperature, int32_t *humidity);

#endif
