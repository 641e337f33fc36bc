/** The C stack, painted by start.S so that it shows how deep it was. */
#ifndef WASMOTE_STACK_H
#define WASMOTE_STACK_H

#include <stdint.h>

/** What each word of it is at the beginning. */
#define STACK_PAINT UINT32_C(0x50a1e70d)

/** All that there is. */
uint32_t stack_bytes(void);

/** The most that was in use at a time. */
uint32_t stack_peak_bytes(void);

#endif
