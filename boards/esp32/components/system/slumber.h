/**
 * How long an image slept. The counting clock stops with the chip, and the time of day, which runs on, may be set by
 * SNTP until the chip powers down. So the first of them counts up to there, and the second from there on.
 */
#ifndef WASMOTE_ESP32_SLUMBER_H
#define WASMOTE_ESP32_SLUMBER_H

#include <stdint.h>

/**
 * When the image fell asleep, by the time of day as it is now, in milliseconds. `keptMs` and `nowMs`: what the counting
 * clock said then, and says now that the chip powers down.
 */
int64_t slumber_began(uint64_t keptMs, uint64_t nowMs, int64_t timeOfDayMs);

/** Milliseconds since then; 0 if the time of day has gone backwards, UINT32_MAX for anything longer. */
uint32_t slumber_lasted(int64_t beganMs, int64_t timeOfDayMs);

#endif
