/** The module in flash. */
#ifndef WASMOTE_MODULE_H
#define WASMOTE_MODULE_H

#include <stdint.h>

/** The newest module that is whole; it stays where it is. NULL: there is none. */
const uint8_t *module_find(uint32_t *length);

#endif
