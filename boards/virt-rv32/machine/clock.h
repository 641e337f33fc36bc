/** The clock that begins at 0 when the machine does, and its one alarm. */
#ifndef WASMOTE_CLOCK_H
#define WASMOTE_CLOCK_H

#include <stdint.h>

/** Milliseconds since the machine was started; a reset does not set it back. */
uint64_t clock_ms(void);

/** Has the timer's interrupt pending from this time on, until the alarm is set again. */
void clock_alarm(uint64_t atMs);

#endif
