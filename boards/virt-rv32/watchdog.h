/**
 * What ends a board that can't go on: a module that does not return within WATCHDOG_MS, or an exception of the machine.
 * Both are a line in the log and a reset; how many there were outlasts it.
 */
#ifndef WASMOTE_VIRT_RV32_WATCHDOG_H
#define WASMOTE_VIRT_RV32_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/** Milliseconds that one call into the module may take: what an ESP32's task watchdog gives. */
#define WATCHDOG_MS 5000

/** Milliseconds to wait before the node starts: 0 if this is not a start after such a reset; doubles with each. */
uint32_t watchdog_backoff_ms(void);

/** Whether the resets come so close together that the image itself may be why. */
bool watchdog_is_repeated(void);

/** The node has lived normally for long enough: the next reset counts as the first. */
void watchdog_forgive(void);

#endif
