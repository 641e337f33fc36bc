/**
 * What the drivers of probes have in common. They are plain C: the bus is a pair of functions, time comes in as an
 * argument, and nothing waits. So a driver runs on a PC as on a device.
 *
 * A probe that is missing or fails is an error and never a number.
 */
#ifndef WASMOTE_PROBE_H
#define WASMOTE_PROBE_H

#include <stdint.h>

/** What a channel measures. */
enum probe_quantity {
    /** In thousandths of a degree Celsius. */
    PROBE_TEMPERATURE,
    /** In thousandths of a percent of relative humidity. */
    PROBE_HUMIDITY,
    /** In thousandths of a hectopascal. */
    PROBE_PRESSURE,
};

/** Why a probe gives no number. The module sees HAL_EIO for each; the log says which it was. */
enum probe_fault {
    PROBE_OK,
    /** Nothing answers at this address. */
    PROBE_NO_ANSWER,
    /** A checksum is wrong: the line picks up noise. */
    PROBE_CHECKSUM,
    /** Every byte is 0x00, or every byte is 0xff: the data line hangs. */
    PROBE_STUCK,
    /** Another chip answers: its id is not the one of this driver. */
    PROBE_OTHER_CHIP,
    /** The chip did not end its conversion in the time that its datasheet gives it. */
    PROBE_LATE,
    /** The chip says that it skipped the measurement, or still shows what it shows after power-on. */
    PROBE_NOT_MEASURED,
    /** The number is outside what the chip can measure. */
    PROBE_IMPLAUSIBLE,
    /** The chip does not measure this quantity. */
    PROBE_QUANTITY,
};

/** What a fault means and what to do about it, as one line for a person. Static text. */
const char *probe_fault_text(enum probe_fault fault);

/**
 * One I2C bus, as its driver gives it. `address` has 7 bits. Both functions return 0, or HAL_EIO if the chip does not
 * acknowledge or the bus fails; neither may take longer than the transfer itself. On an error the bytes that were read
 * are not looked at.
 */
struct probe_bus {
    void *context;
    int32_t (*write)(void *context, uint8_t address, const uint8_t *bytes, uint32_t length);
    int32_t (*read)(void *context, uint8_t address, uint8_t *bytes, uint32_t length);
};

/**
 * Milliseconds for which what one conversion measured answers reads of its other quantities: a node that reads
 * temperature and humidity of a chip needs one conversion, and never gets an old value. A conversion that nobody asked
 * for again within that time is thrown away.
 */
#define PROBE_FRESH_MS 1000

#endif
