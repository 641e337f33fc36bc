/** What libFuzzer hands a target, taken from the front in small parts. Behind the end everything is 0. */
#ifndef WASMOTE_FUZZ_INPUT_H
#define WASMOTE_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** libFuzzer calls it; the name and the shape are libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A target's claim about the code under test. Where it is false, the input is a finding. */
#define CLAIM(holds)                                                                          \
    do {                                                                                      \
        if (holds) break;                                                                     \
        (void)fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #holds); \
        abort();                                                                              \
    } while (0)

struct input {
    const uint8_t *next;
    size_t left;
};

/** Copies `length` bytes out of the input. */
static inline void input_bytes(struct input *input, uint8_t *bytes, size_t length)
{
    size_t taken = length < input->left ? length : input->left;
    memset(bytes, 0, length);
    if (taken > 0) memcpy(bytes, input->next, taken);
    input->next += taken;
    input->left -= taken;
}

static inline uint8_t input_u8(struct input *input)
{
    uint8_t byte;
    input_bytes(input, &byte, 1);
    return byte;
}

static inline uint32_t input_u32(struct input *input)
{
    uint8_t bytes[4];
    input_bytes(input, bytes, sizeof bytes);
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/**
 * The bytes that are left, in a block of exactly their size, so that ASan sees a read past their end. The caller frees
 * it.
 */
static inline uint8_t *input_rest(const struct input *input)
{
    uint8_t *bytes = malloc(input->left > 0 ? input->left : 1);
    if (bytes == NULL) abort();
    if (input->left > 0) memcpy(bytes, input->next, input->left);
    return bytes;
}

#endif
