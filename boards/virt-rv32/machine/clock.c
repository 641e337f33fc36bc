#include "clock.h"

#include "registers.h"

static uint64_t ticks(void)
{
    const volatile uint32_t *mtime = register32(MTIME_BASE);
    for (;;) {
        uint32_t high = mtime[1];
        uint32_t low = mtime[0];
        if (mtime[1] == high) return (uint64_t)high << 32 | low;
    }
}

uint64_t clock_ms(void)
{
    return ticks() / MTIME_PER_MS;
}

void clock_alarm(uint64_t atMs)
{
    uint64_t at = atMs < UINT64_MAX / MTIME_PER_MS ? atMs * MTIME_PER_MS : UINT64_MAX;
    volatile uint32_t *mtimecmp = register32(MTIMECMP_BASE);
    /* In this order no value in between is earlier than both. */
    mtimecmp[1] = UINT32_MAX;
    mtimecmp[0] = (uint32_t)at;
    mtimecmp[1] = (uint32_t)(at >> 32);
}
