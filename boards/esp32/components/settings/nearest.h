/** Finds the word that somebody meant. */
#ifndef WASMOTE_NEAREST_H
#define WASMOTE_NEAREST_H

#include <stdint.h>

/** Words of more bytes than this are near to nothing. */
#define NEAREST_BYTES 24

/** What nearest_distance() returns for words that have nothing to do with each other. */
#define NEAREST_FAR UINT32_MAX

/**
 * How many letters were dropped, added, mistaken, or exchanged with their neighbour.
 *
 * @return that; or NEAREST_FAR if it is more than a typing error: more than 2, or as many as a third of the word.
 */
uint32_t nearest_distance(const char *typed, uint32_t length, const char *word);

/** What of a text may be shown in an error: its first bytes, each that is no printable ASCII as `?`. NUL-terminated. */
void nearest_quote(const char *text, uint32_t length, char quote[NEAREST_BYTES + 1]);

#endif
