/**
 * Marsaglia's xorshift32 with the triple 13, 17, 5: small enough for every board, and the same seed gives the same
 * numbers on each, and in Node.js. For jitter and simulation, never for keys.
 */
#ifndef WASMOTE_XORSHIFT_H
#define WASMOTE_XORSHIFT_H

#include <stdint.h>

/** The first state for a seed: 0 is the one state that the generator could not leave. */
static inline uint32_t xorshift32_seed(uint32_t seed)
{
    return seed != 0 ? seed : UINT32_C(0x9e3779b9);
}

/** The state, and the 32 random bits, that follow `state`. */
static inline uint32_t xorshift32(uint32_t state)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^ state << 5;
}

#endif
