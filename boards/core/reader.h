/** A cursor over a module's bytes that can't read past their end: WebAssembly's binary format, MVP. */
#ifndef WASMOTE_READER_H
#define WASMOTE_READER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * `next <= end` always. A read that would pass `end` sets `failed`, leaves the cursor at the end and returns 0, so a
 * caller may read several things and check once.
 */
struct reader {
    const uint8_t *next;
    const uint8_t *end;
    bool failed;
};

/** Section numbers of the binary format. */
enum wasm_section {
    WASM_CUSTOM = 0,
    WASM_TYPE = 1,
    WASM_IMPORT = 2,
    WASM_FUNCTION = 3,
    WASM_MEMORY = 5,
    WASM_GLOBAL = 6,
    WASM_START = 8,
    WASM_ELEMENT = 9,
    WASM_CODE = 10,
    WASM_DATA = 11,
};

struct reader reader_of(const uint8_t *bytes, uint32_t length);

/** Bytes that have not been read yet. */
uint32_t reader_left(const struct reader *reader);

uint8_t reader_byte(struct reader *reader);

/** An unsigned LEB128 number of at most 32 bits; a longer one fails. */
uint32_t reader_u32(struct reader *reader);

/** A signed LEB128 number of at most 32 bits; a longer one fails. */
int32_t reader_i32(struct reader *reader);

/** The next `length` bytes as a cursor of their own. */
struct reader reader_take(struct reader *reader, uint32_t length);

/** Whether the bytes that have not been read yet are exactly `text`. */
bool reader_is(const struct reader *reader, const char *text);

/**
 * Reads one section's header and body. At the end of the module, or if it is malformed (`failed`), returns false.
 * A cursor for this starts behind the module's 8-byte header.
 */
bool reader_section(struct reader *module, uint8_t *id, struct reader *body);

#endif
