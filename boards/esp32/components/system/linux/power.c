/** The `linux` target: no watchdog, no deep sleep; the runner lets the time pass. */

#include "board.h"
#include "sleep.h"
#include "watchdog.h"

void watchdog_init(void) {}

void watchdog_begin(void) {}

void watchdog_feed(void) {}

void board_watchdog_start(void) {}

void board_watchdog_stop(void) {}

uint32_t watchdog_backoff_ms(void)
{
    return 0;
}

bool watchdog_is_repeated(void)
{
    return false;
}

void watchdog_forgive(void) {}

bool sleep_restore(struct node *node, uint32_t *sleptMs)
{
    (void)node;
    (void)sleptMs;
    return false;
}

bool sleep_keep(const struct node *node)
{
    (void)node;
    return false;
}

void sleep_forget(void) {}

void sleep_power_down(uint32_t ms)
{
    (void)ms;
}

int32_t board_deep_sleep(uint32_t ms)
{
    (void)ms;
    return 0;
}
