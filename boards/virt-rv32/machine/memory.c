/*
 * Copies by words. picolibc, built for size, copies byte by byte, which is a quarter of a publish's instructions.
 *
 * The hart accesses words at any address, as an ESP32-C3 does in its RAM, so nothing here looks for an aligned one.
 */

#ifndef __clang__
/* Else it makes of memcpy()'s loops calls of memcpy(). */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A word at any address, over objects of any type. */
typedef uint32_t __attribute__((may_alias, aligned(1))) word;

/*
 * From the first byte on, and right also where the target begins before the source and overlaps it: what a store covers
 * has been loaded by then.
 */
static inline void copy_forwards(uint8_t *target, const uint8_t *source, size_t length)
{
    for (; length >= 4 * sizeof(word); length -= 4 * sizeof(word)) {
        word a = ((const word *)source)[0];
        word b = ((const word *)source)[1];
        word c = ((const word *)source)[2];
        word d = ((const word *)source)[3];
        ((word *)target)[0] = a;
        ((word *)target)[1] = b;
        ((word *)target)[2] = c;
        ((word *)target)[3] = d;
        target += 4 * sizeof(word);
        source += 4 * sizeof(word);
    }
    for (; length >= sizeof(word); length -= sizeof(word)) {
        *(word *)target = *(const word *)source;
        target += sizeof(word);
        source += sizeof(word);
    }
    for (; length > 0; length--)
        *target++ = *source++;
}

/* The same from the last byte on, for a target that begins behind the source. Both point behind their last byte. */
static inline void copy_backwards(uint8_t *target, const uint8_t *source, size_t length)
{
    for (; length >= sizeof(word); length -= sizeof(word)) {
        target -= sizeof(word);
        source -= sizeof(word);
        *(word *)target = *(const word *)source;
    }
    for (; length > 0; length--)
        *--target = *--source;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    copy_forwards(to, from, length);
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if (target <= source || target >= source + length) {
        copy_forwards(target, source, length);
    } else {
        copy_backwards(target + length, source + length, length);
    }
    return to;
}

void *memset(void *to, int value, size_t length)
{
    uint8_t *target = to;
    uint8_t byte = (uint8_t)value;
    word filled = byte * UINT32_C(0x01010101);
    for (; length >= sizeof(word); length -= sizeof(word)) {
        *(word *)target = filled;
        target += sizeof(word);
    }
    for (; length > 0; length--)
        *target++ = byte;
    return to;
}
