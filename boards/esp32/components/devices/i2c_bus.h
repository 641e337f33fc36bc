/** The chip's I2C buses, as probe.h wants them. */
#ifndef WASMOTE_ESP32_I2C_BUS_H
#define WASMOTE_ESP32_I2C_BUS_H

#include <stdint.h>

#include "probe.h"

/** The bus on these pins, made if it is not there yet. NULL: the chip has no more, or there is no memory. */
const struct probe_bus *i2c_bus(uint8_t sda, uint8_t scl);

#endif
