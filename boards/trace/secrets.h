/**
 * Keeps secrets out of traces, as host/trace/secrets.ts does: every part of one, wherever it is, since the buffer of a
 * packet keeps the end of a password long after the packet.
 */
#ifndef WASMOTE_TRACE_SECRETS_H
#define WASMOTE_TRACE_SECRETS_H

#include <stdbool.h>
#include <stdint.h>

/** A part that is shorter says nothing, and would be found everywhere. */
#define SECRETS_LEAST_PART 4

/** What stands for each byte. */
#define SECRETS_STAND_IN '*'

#define SECRETS_MAX 32

struct secret {
    const uint8_t *bytes;
    uint32_t length;
};

struct secrets {
    uint32_t count;
    /** Of the longest one: how far around a changed byte a part may lie that it belongs to. */
    uint32_t reach;
    struct secret values[SECRETS_MAX];
};

/** Whether a configuration key's value is a secret. */
bool secrets_is_key(const uint8_t *key, uint32_t length);

/** Adds a value. False: it is too short to be kept out of a trace, or there are too many. */
bool secrets_add(struct secrets *secrets, const uint8_t *bytes, uint32_t length);

/** Marks in `found` each byte of `bytes[start..end)` that is in a part of a secret; leaves the others alone. */
void secrets_find(const struct secrets *secrets, const uint8_t *bytes, uint32_t start, uint32_t end, uint8_t *found);

/** Puts stand-ins in place of whole secrets. */
void secrets_remove(const struct secrets *secrets, uint8_t *bytes, uint32_t length);

#endif
