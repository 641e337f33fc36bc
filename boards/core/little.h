/** Little-endian numbers in bytes, at any address. */
#ifndef WASMOTE_LITTLE_H
#define WASMOTE_LITTLE_H

#include <stdint.h>

static inline uint16_t little_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t little_u32(const uint8_t *bytes)
{
    return (uint32_t)little_u16(bytes) | (uint32_t)little_u16(bytes + 2) << 16;
}

static inline void little_put_u32(uint8_t *bytes, uint32_t value)
{
    for (uint32_t i = 0; i < sizeof value; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

#endif
