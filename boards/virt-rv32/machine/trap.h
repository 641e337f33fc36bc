/** What the program around the machine does with a trap. */
#ifndef WASMOTE_TRAP_H
#define WASMOTE_TRAP_H

#include <stdint.h>

/**
 * An exception or an interrupt: mcause, mepc and mtval. It runs on a stack of 1 KiB of its own, and what it interrupted
 * is never gone on with.
 */
_Noreturn void machine_trapped(uint32_t cause, uint32_t address, uint32_t value);

#endif
