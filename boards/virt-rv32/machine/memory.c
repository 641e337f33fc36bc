/*
 * Copies by words. picolibc, built for size, copies byte by byte, which is a quarter of a publish's instructions.
 *
 * Word accesses happen at addresses that are multiples of 4 only: the hart need not be able to do more.
 */

#ifndef __clang__
/* Else it makes of memcpy()'s loops calls of memcpy(). */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A word that may lie over objects of any type. */
typedef uint32_t __attribute__((may_alias)) word;

#define WORD_MASK (sizeof(word) - 1)

static inline bool is_aligned(const void *a)
{
    return ((uintptr_t)a & WORD_MASK) == 0;
}

/* Whether both reach an aligned address at the same time. */
static inline bool agree(const void *a, const void *b)
{
    return (((uintptr_t)a ^ (uintptr_t)b) & WORD_MASK) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if (agree(target, source)) {
        for (; length > 0 && !is_aligned(target); length--)
            *target++ = *source++;
        for (; length >= sizeof(word); length -= sizeof(word)) {
            *(word *)target = *(const word *)source;
            target += sizeof(word);
            source += sizeof(word);
        }
    }
    for (; length > 0; length--)
        *target++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if (target <= source || target >= source + length) {
        /* Forwards, every byte is read before it is written over. */
        if (agree(target, source)) {
            for (; length > 0 && !is_aligned(target); length--)
                *target++ = *source++;
            for (; length >= sizeof(word); length -= sizeof(word)) {
                *(word *)target = *(const word *)source;
                target += sizeof(word);
                source += sizeof(word);
            }
        }
        for (; length > 0; length--)
            *target++ = *source++;
        return to;
    }
    target += length;
    source += length;
    if (agree(target, source)) {
        for (; length > 0 && !is_aligned(target); length--)
            *--target = *--source;
        for (; length >= sizeof(word); length -= sizeof(word)) {
            target -= sizeof(word);
            source -= sizeof(word);
            *(word *)target = *(const word *)source;
        }
    }
    for (; length > 0; length--)
        *--target = *--source;
    return to;
}

void *memset(void *to, int value, size_t length)
{
    uint8_t *target = to;
    uint8_t byte = (uint8_t)value;
    for (; length > 0 && !is_aligned(target); length--)
        *target++ = byte;
    word filled = byte * UINT32_C(0x01010101);
    for (; length >= sizeof(word); length -= sizeof(word)) {
        *(word *)target = filled;
        target += sizeof(word);
    }
    for (; length > 0; length--)
        *target++ = byte;
    return to;
}
