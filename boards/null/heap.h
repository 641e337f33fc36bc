/** A heap that counts what wasm3 asks for. The build sends wasm3's calls here and nobody else's. */
#ifndef WASMOTE_NULL_HEAP_H
#define WASMOTE_NULL_HEAP_H

#include <stddef.h>
#include <stdint.h>

/** Bytes that were asked for and not freed, without the allocator's own overhead. */
extern size_t heapBytes;

/** The most that heapBytes has been. */
extern size_t heapPeakBytes;

/** How many allocations there have been. */
extern uint32_t heapAllocations;

void *heap_calloc(size_t count, size_t size);
void *heap_realloc(void *block, size_t size);
void heap_free(void *block);

#endif
