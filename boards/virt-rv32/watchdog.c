#include "watchdog.h"

#include <stdio.h>

#include "abi.h"
#include "board.h"
#include "bridge.h"
#include "clock.h"
#include "power.h"
#include "registers.h"
#include "trap.h"

#define CAUSE_TIMER UINT32_C(0x80000007)

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
    char text[96];
    int length;
    if (cause == CAUSE_TIMER) {
        length = snprintf(text, sizeof text, "watchdog: the module did not return within %d ms", WATCHDOG_MS);
    } else {
        length = snprintf(text, sizeof text, "the board trapped: cause %lu at 0x%08lx, value 0x%08lx",
                          (unsigned long)cause, (unsigned long)address, (unsigned long)value);
    }
    bridge_interrupt();
    bridge_log(HAL_LOG_ERROR, text, (uint32_t)length);
    static const char resets[] = "the device resets";
    bridge_log(HAL_LOG_WARNING, resets, sizeof resets - 1);
    bridge_flush();
    power_reset();
}
