/** Numbers and durations from a command line or a file. None of them accepts what it does not wholly understand. */
#ifndef WASMOTE_POSIX_TEXT_H
#define WASMOTE_POSIX_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/** A decimal number from 0 to `maximum`, digits only. */
bool text_to_u32(const char *text, uint32_t maximum, uint32_t *value);

/** Milliseconds from `1500`, `500ms`, `1.5s`, `2m` or `1h`. */
bool text_to_ms(const char *text, uint32_t *ms);

/**
 * Thousandths from a decimal number such as `-3.25`, at most seven digits before the point and three behind it.
 * `end` is set behind it.
 */
bool text_to_thousandths(const char *text, int32_t *thousandths, const char **end);

#endif
