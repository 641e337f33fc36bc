#include "heap.h"

#include <stdlib.h>
#include <string.h>

size_t heapBytes;
size_t heapPeakBytes;
uint32_t heapAllocations;

/* In front of every block: its size, in as many bytes as keep the block aligned for anything. */
#define HEADER_BYTES 16

static void *allocate(size_t size)
{
    if (size > SIZE_MAX - HEADER_BYTES) return NULL;
    unsigned char *header = calloc(1, HEADER_BYTES + size);
    if (header == NULL) return NULL;
    memcpy(header, &size, sizeof size);
    heapBytes += size;
    heapAllocations++;
    return header + HEADER_BYTES;
}

static size_t size_of(const void *block)
{
    size_t size;
    memcpy(&size, (const unsigned char *)block - HEADER_BYTES, sizeof size);
    return size;
}

static void note_peak(void)
{
    if (heapBytes > heapPeakBytes) heapPeakBytes = heapBytes;
}

void *heap_calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    void *block = allocate(count * size);
    note_peak();
    return block;
}

/* The old block goes before the peak is noted: a real realloc() can often grow in place. */
void *heap_realloc(void *block, size_t size)
{
    void *moved = allocate(size);
    if (moved != NULL && block != NULL) {
        size_t old = size_of(block);
        memcpy(moved, block, old < size ? old : size);
        heap_free(block);
    }
    note_peak();
    return moved;
}

void heap_free(void *block)
{
    if (block == NULL) return;
    heapBytes -= size_of(block);
    free((unsigned char *)block - HEADER_BYTES);
}
