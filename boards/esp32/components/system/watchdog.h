/**
 * The task watchdog around the node's task. wasm3 has no fuel, so only a reset ends a module that loops. What happened
 * is kept in RTC memory, which outlasts the reset, and is logged by the next start.
 */
#ifndef WASMOTE_ESP32_WATCHDOG_H
#define WASMOTE_ESP32_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/** Longest time in milliseconds between two calls of watchdog_feed() and of a step: half of what sdkconfig gives. */
#define WATCHDOG_FEED_MS 2500

/** Logs why the chip has started. Call it first. */
void watchdog_init(void);

/** From here on the calling task is watched. */
void watchdog_begin(void);

/** The task is alive: it waits. */
void watchdog_feed(void);

/** Milliseconds to wait before the node starts: 0 after a normal start, and doubling with each failure up to 60 s. */
uint32_t watchdog_backoff_ms(void);

/** Whether failures come so close together that the image itself may be why. */
bool watchdog_is_repeated(void);

/** The node has lived normally for long enough: the next failure counts as the first. */
void watchdog_forgive(void);

#endif
