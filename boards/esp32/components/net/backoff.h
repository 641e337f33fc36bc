/**
 * How long to wait before the next attempt: twice as long each time up to a minute, and by chance a quarter more or
 * less, so that devices that lost their network together do not come back together.
 */
#ifndef WASMOTE_ESP32_BACKOFF_H
#define WASMOTE_ESP32_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000

/** All zeros: no attempt has failed. */
struct backoff {
    uint32_t failures;
};

/** An attempt has failed. `random` is 32 random bits. @return milliseconds to wait. */
uint32_t backoff_next(struct backoff *backoff, uint32_t random);

/** An attempt has succeeded: the next failure counts as the first. */
void backoff_reset(struct backoff *backoff);

#endif
