/** The `linux` target: the operating system keeps the time. */

#include "clock.h"

#include <stddef.h>
#include <sys/time.h>

#include "abi.h"
#include "board.h"

void clock_init(const struct settings *settings)
{
    (void)settings;
}

void clock_start(void) {}

int32_t board_clock_unix_ms(int64_t *unixMs)
{
    struct timeval now;
    if (gettimeofday(&now, NULL) != 0) return HAL_EAGAIN;
    *unixMs = (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
    return 0;
}
