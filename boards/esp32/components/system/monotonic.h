/** The clock that only goes forward, in milliseconds since the chip started. */
#ifndef WASMOTE_ESP32_MONOTONIC_H
#define WASMOTE_ESP32_MONOTONIC_H

#include <stdint.h>
#include <time.h>

static inline uint64_t monotonic_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif
