/** What picolibc's malloc() takes its memory from: all RAM that is left. */
#ifndef WASMOTE_SBRK_H
#define WASMOTE_SBRK_H

#include <stdint.h>

/** All that there is. */
uint32_t heap_bytes(void);

/** The most that was taken, the allocator's own words and gaps included. */
uint32_t heap_peak_bytes(void);

#endif
