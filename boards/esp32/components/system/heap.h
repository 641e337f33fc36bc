/** What is left of the heap, at the moments that matter. */
#ifndef WASMOTE_ESP32_HEAP_H
#define WASMOTE_ESP32_HEAP_H

#include <stdint.h>

/** Bytes of internal memory. */
struct heap_figures {
    uint32_t free;
    /** The largest block that malloc() would give. */
    uint32_t largest;
    /** The least that was free since the chip started. */
    uint32_t least;
};

struct heap_figures heap_figures(void);

/** Logs the figures, as `heap: <when>: ...`. */
void heap_log(const char *when);

#endif
