#include "reader.h"

#include <string.h>

struct reader reader_of(const uint8_t *bytes, uint32_t length)
{
    return (struct reader){.next = bytes, .end = bytes + length, .failed = false};
}

uint32_t reader_left(const struct reader *reader)
{
    return (uint32_t)(reader->end - reader->next);
}

static void fail(struct reader *reader)
{
    reader->next = reader->end;
    reader->failed = true;
}

uint8_t reader_byte(struct reader *reader)
{
    if (reader->next == reader->end) {
        fail(reader);
        return 0;
    }
    return *reader->next++;
}

uint32_t reader_u32(struct reader *reader)
{
    uint32_t value = 0;
    for (uint32_t shift = 0; shift < 35; shift += 7) {
        uint8_t byte = reader_byte(reader);
        /* The fifth byte has room for 4 bits. */
        if (shift == 28 && (byte & 0x70) != 0) break;
        value |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return value;
    }
    fail(reader);
    return 0;
}

int32_t reader_i32(struct reader *reader)
{
    uint32_t value = 0;
    for (uint32_t shift = 0; shift < 35; shift += 7) {
        uint8_t byte = reader_byte(reader);
        value |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) != 0) continue;
        if (shift <= 21 && (byte & 0x40) != 0) value |= UINT32_MAX << (shift + 7);
        return (int32_t)value;
    }
    fail(reader);
    return 0;
}

struct reader reader_take(struct reader *reader, uint32_t length)
{
    if (length > reader_left(reader)) {
        fail(reader);
        return (struct reader){.next = reader->end, .end = reader->end, .failed = true};
    }
    const uint8_t *start = reader->next;
    reader->next += length;
    return reader_of(start, length);
}

bool reader_is(const struct reader *reader, const char *text)
{
    size_t length = strlen(text);
    return reader_left(reader) == length && memcmp(reader->next, text, length) == 0;
}

bool reader_section(struct reader *module, uint8_t *id, struct reader *body)
{
    if (module->next == module->end) return false;
    *id = reader_byte(module);
    uint32_t length = reader_u32(module);
    *body = reader_take(module, length);
    return !module->failed;
}
