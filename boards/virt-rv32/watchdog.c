#include "watchdog.h"

#include "abi.h"
#include "board.h"
#include "bridge.h"
#include "clock.h"
#include "log.h"
#include "power.h"
#include "registers.h"
#include "trap.h"

#define CAUSE_TIMER UINT32_C(0x80000007)

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000

/* In memory that a reset leaves alone, and that holds anything after a cold start. */
#define RETAINED_MAGIC UINT32_C(0x57415443)
extern struct {
    uint32_t magic;
    uint32_t resets;
} retained;

static uint32_t resets(void)
{
    return retained.magic == RETAINED_MAGIC ? retained.resets : 0;
}

uint32_t watchdog_backoff_ms(void)
{
    if (resets() == 0) return 0;
    uint32_t ms = BACKOFF_FIRST_MS;
    for (uint32_t i = 1; i < resets() && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

bool watchdog_is_repeated(void)
{
    return resets() > 1;
}

void watchdog_forgive(void)
{
    retained.magic = 0;
}

void board_watchdog_start(void)
{
    clock_alarm(clock_ms() + WATCHDOG_MS);
    csr_write_mie(MIE_TIMER);
    csr_set_mstatus(MSTATUS_MIE);
}

void board_watchdog_stop(void)
{
    csr_clear_mstatus(MSTATUS_MIE);
    csr_write_mie(0);
}

void machine_trapped(uint32_t cause, uint32_t address, uint32_t value)
{
    bridge_interrupt();
    if (cause == CAUSE_TIMER) {
        log_line(HAL_LOG_ERROR, "watchdog: the module did not return within %d ms", WATCHDOG_MS);
    } else {
        log_line(HAL_LOG_ERROR, "the board trapped: cause %lu at 0x%08lx, value 0x%08lx", (unsigned long)cause,
                 (unsigned long)address, (unsigned long)value);
    }
    if (bridge_stopping()) {
        bridge_flush();
        power_off(1);
    }
    log_line(HAL_LOG_WARNING, "the device resets");
    bridge_flush();
    retained.resets = resets() + 1;
    retained.magic = RETAINED_MAGIC;
    power_reset();
}
