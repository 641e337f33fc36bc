/**
 * Deep sleep. The chip powers down, the image waits in RTC memory, and the node resumes when it wakes. An image that
 * does not fit there is checkpointed to flash instead.
 */
#ifndef WASMOTE_ESP32_SLEEP_H
#define WASMOTE_ESP32_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "node.h"

/** Largest image that RTC memory has room for; the smallest chip has 8 KiB of it, and ESP-IDF takes a part. */
#define SLEEP_IMAGE_BYTES 4096

/** Milliseconds below which waiting costs less than starting again. */
#define SLEEP_LEAST_MS 5000

/** Puts the image that slept in RTC memory back, if this start is the end of that sleep. `*sleptMs` is how long it was.
 */
bool sleep_restore(struct node *node, uint32_t *sleptMs);

/** Keeps the image in RTC memory. False: it does not fit. */
bool sleep_keep(const struct node *node);

/** What sleep_keep() kept is not to be resumed. */
void sleep_forget(void);

/** Powers down for `ms` milliseconds. Returns only where there is no deep sleep: on the `linux` target. */
void sleep_power_down(uint32_t ms);

#endif
