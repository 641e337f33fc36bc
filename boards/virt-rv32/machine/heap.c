#include "heap.h"

#include <errno.h>
#include <stddef.h>

/* From link.ld. */
extern char heap_start[];
extern char heap_end[];

/* The C library's declaration; no header of it has one for a program without an operating system. */
void *sbrk(ptrdiff_t increment);

static char *end = heap_start;
static char *peak = heap_start;

void *sbrk(ptrdiff_t increment)
{
    if (increment > heap_end - end || increment < heap_start - end) {
        errno = ENOMEM;
        return (void *)-1; /* NOLINT(performance-no-int-to-ptr): what sbrk() returns */
    }
    void *block = end;
    end += increment;
    if (end > peak) peak = end;
    return block;
}

uint32_t heap_bytes(void)
{
    return (uint32_t)(heap_end - heap_start);
}

uint32_t heap_peak_bytes(void)
{
    return (uint32_t)(peak - heap_start);
}
