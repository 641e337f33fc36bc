/**
 * Maxim DS18B20: temperature over 1-Wire. Here is what its bytes mean; the line itself is the board's business.
 * Sections are those of the datasheet "DS18B20 Programmable Resolution 1-Wire Digital Thermometer".
 */
#ifndef WASMOTE_DS18B20_H
#define WASMOTE_DS18B20_H

#include <stdint.h>

#include "probe.h"

/** The scratchpad, with its CRC at the end ["Memory"]. */
#define DS18B20_SCRATCHPAD_BYTES 9

/** Milliseconds that a conversion of 12 bits takes at most ["Configuration Register"]. */
#define DS18B20_CONVERSION_MS 750

/** The CRC-8 of 1-Wire: x^8 + x^5 + x^4 + 1, bits reflected, from 0 on ["CRC Generation"]. */
uint8_t ds18b20_crc(const uint8_t *bytes, uint32_t length);

/**
 * Checks and converts a scratchpad, in whichever of its resolutions.
 *
 * @return PROBE_OK and `*temperature` is set in millidegrees Celsius; otherwise it is left alone. PROBE_NOT_MEASURED:
 *         it shows 85 degrees, as it does from power-on to the end of the first conversion ["Operation: Measuring
 *         Temperature"]; a true 85.000 can't be told from it.
 */
enum probe_fault ds18b20_convert(const uint8_t scratchpad[DS18B20_SCRATCHPAD_BYTES], int32_t *temperature);

#endif
