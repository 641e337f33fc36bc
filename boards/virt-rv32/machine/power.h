/** Ends the machine. */
#ifndef WASMOTE_POWER_H
#define WASMOTE_POWER_H

/** QEMU ends with exit code `status`, 0 to 255. */
_Noreturn void power_off(int status);

/** A cold start: RAM is as it was at the first. */
_Noreturn void power_reset(void);

#endif
