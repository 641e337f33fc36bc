/** The serial lines that a person or a tool types at. What is said goes to stdout, as the log does. */
#ifndef WASMOTE_ESP32_SERIAL_H
#define WASMOTE_ESP32_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/** False: there is no driver. */
bool serial_init(void);

/** Takes what was typed. Waits up to 20 ms for the first byte. @return how many bytes. */
uint32_t serial_read(uint8_t *bytes, uint32_t capacity);

#endif
