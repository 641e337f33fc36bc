#include "sbrk.h"

#include <errno.h>
#include <stddef.h>

/* From link.ld. */
extern char heap_start[];
extern char heap_end[];

/* The C library's declaration; no header of it has one for a program without an operating system. */
void *sbrk(ptrdiff_t increment);

static uintptr_t taken;
static uintptr_t peak;

uint32_t heap_bytes(void)
{
    return (uint32_t)((uintptr_t)heap_end - (uintptr_t)heap_start);
}

uint32_t heap_peak_bytes(void)
{
    return (uint32_t)peak;
}

void *sbrk(ptrdiff_t increment)
{
    uintptr_t after = taken + (uintptr_t)increment;
    /* Also what went below 0. */
    if (after > heap_bytes()) {
        errno = ENOMEM;
        return (void *)-1; /* NOLINT(performance-no-int-to-ptr): what sbrk() returns */
    }
    void *block = heap_start + taken;
    taken = after;
    if (taken > peak) peak = taken;
    return block;
}
