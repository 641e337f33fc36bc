/** A DS18B20 alone on a 1-Wire line; ds18b20.h has what its bytes mean. */
#ifndef WASMOTE_ESP32_ONE_WIRE_H
#define WASMOTE_ESP32_ONE_WIRE_H

#include <stdint.h>

#include "probe.h"

struct one_wire;

/** Makes the line on a pin. NULL: the chip has no channel left for it, or there is no memory. */
struct one_wire *one_wire_open(uint8_t pin);

/**
 * Reads the temperature, in millidegrees Celsius. The first call begins a conversion, and a later one fetches it.
 *
 * @return 0 and `*value` is set. Otherwise it is left alone: HAL_EAGAIN while the conversion is under way, for 750 ms;
 *         HAL_EIO: the probe failed, and `*fault` says how.
 */
int32_t one_wire_read(struct one_wire *line, int32_t *value, enum probe_fault *fault);

#endif
