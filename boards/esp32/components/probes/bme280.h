/** Bosch BME280: temperature, humidity and pressure over I2C. Sections are those of "BME280 Data sheet",
 * BST-BME280-DS002. */
#ifndef WASMOTE_BME280_H
#define WASMOTE_BME280_H

#include <stdbool.h>
#include <stdint.h>

#include "probe.h"

/** With the pin SDO low, as on most breakout boards, and high [section 6.2]. */
#define BME280_ADDRESS 0x76
#define BME280_ADDRESS_2 0x77

/** Trimming parameters: registers 0x88 to 0xa1, then 0xe1 to 0xe7 [section 4.2.2]. */
#define BME280_TRIM_FIRST_BYTES 26
#define BME280_TRIM_BYTES 33

/** Pressure, temperature, humidity: registers 0xf7 to 0xfe [section 4]. */
#define BME280_RESULT_BYTES 8

/** What the factory measured of one chip [section 4.2.2, table 16]; the names are the datasheet's. */
struct bme280_trim {
    uint16_t t1;
    int16_t t2, t3;
    uint16_t p1;
    int16_t p2, p3, p4, p5, p6, p7, p8, p9;
    uint8_t h1;
    int16_t h2;
    uint8_t h3;
    int16_t h4, h5;
    int8_t h6;
};

struct bme280_values {
    /** Millidegrees Celsius. */
    int32_t temperature;
    /** Thousandths of a percent of relative humidity. */
    int32_t humidity;
    /** Thousandths of a hectopascal. */
    int32_t pressure;
};

enum bme280_phase {
    /** Nothing is known of the chip, or the last read failed. */
    BME280_UNKNOWN,
    /** It was reset and copies its trimming parameters. */
    BME280_STARTING,
    /** It has measured, and sleeps. */
    BME280_READY,
    BME280_CONVERTING,
};

struct bme280 {
    const struct probe_bus *bus;
    uint8_t address;
    /** Why the last read failed, or PROBE_OK. */
    enum probe_fault fault;
    enum bme280_phase phase;
    /** When the phase began. */
    uint32_t sinceMs;
    struct bme280_trim trim;
    /** What the last conversion gave, and which of it was not read yet: a bit for each quantity. */
    uint32_t fresh;
    struct bme280_values values;
};

/** @param address 7 bits. The bus must live as long as the probe. */
void bme280_init(struct bme280 *probe, const struct probe_bus *bus, uint8_t address);

/**
 * Reads a quantity, in its thousandths. Never blocks: the first call identifies and resets the chip, and begins a
 * conversion once it is ready; a later one fetches it.
 *
 * @param nowMs monotonic milliseconds that wrap at 2^32.
 * @return 0 and `*value` is set. Otherwise it is left alone: HAL_EAGAIN while the chip starts or converts, for about
 *         15 ms; HAL_EIO: the probe failed, and `probe->fault` says how. The next call then starts afresh.
 */
int32_t bme280_read(struct bme280 *probe, enum probe_quantity quantity, uint32_t nowMs, int32_t *value);

/** Unpacks the trimming parameters. @return PROBE_OK, or PROBE_STUCK: these bytes are none. */
enum probe_fault bme280_unpack(const uint8_t bytes[BME280_TRIM_BYTES], struct bme280_trim *trim);

/** Checks and converts what the chip sent [section 4.2.3]. */
enum probe_fault bme280_convert(const uint8_t result[BME280_RESULT_BYTES], const struct bme280_trim *trim,
                                struct bme280_values *values);

#endif
