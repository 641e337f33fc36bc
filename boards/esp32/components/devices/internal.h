/** The chip's own temperature sensor. It measures the chip, not the room. */
#ifndef WASMOTE_ESP32_INTERNAL_H
#define WASMOTE_ESP32_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

/** False: this chip has none. */
bool internal_init(void);

/** In millidegrees Celsius. @return 0, or HAL_EIO and `*value` is left alone. */
int32_t internal_read(int32_t *value);

#endif
