#include "frame.h"

#include <stdbool.h>

#include "crc32.h"
#include "little.h"

#define LONGEST_BLOCK 0xff

/*
 * Consistent overhead byte stuffing: each block is the bytes up to the next zero, at most 254, behind their number plus
 * one. The zero is left out, but for a block of 254, which ends without one.
 */
static uint32_t stuff(const uint8_t *bytes, uint32_t length, uint8_t *line)
{
    uint32_t block = 0;
    uint32_t at = 1;
    for (uint32_t i = 0; i < length; i++) {
        if (bytes[i] != 0) line[at++] = bytes[i];
        if (bytes[i] == 0 || at - block == LONGEST_BLOCK) {
            line[block] = (uint8_t)(at - block);
            block = at++;
        }
    }
    line[block] = (uint8_t)(at - block);
    line[at++] = 0;
    return at;
}

uint32_t frame_write(uint8_t frame[FRAME_BYTES], uint8_t type, uint8_t number, uint32_t length,
                     uint8_t line[FRAME_LINE_BYTES])
{
    frame[0] = type;
    frame[1] = number;
    uint32_t end = FRAME_HEAD_BYTES + length;
    uint32_t crc = crc32(0, frame, end);
    for (uint32_t i = 0; i < FRAME_CRC_BYTES; i++)
        frame[end + i] = (uint8_t)(crc >> (8 * i));
    return stuff(frame, end + FRAME_CRC_BYTES, line);
}

static void begin(struct frame_reader *reader)
{
    reader->length = 0;
    reader->block = 0;
    reader->left = 0;
    reader->broken = false;
}

static void append(struct frame_reader *reader, uint8_t byte)
{
    if (reader->length == FRAME_BYTES) {
        reader->broken = true;
    } else {
        reader->bytes[reader->length++] = byte;
    }
}

static bool is_whole(const struct frame_reader *reader)
{
    if (reader->broken || reader->left > 0 || reader->length < FRAME_HEAD_BYTES + FRAME_CRC_BYTES) return false;
    uint32_t end = reader->length - FRAME_CRC_BYTES;
    return crc32(0, reader->bytes, end) == little_u32(reader->bytes + end);
}

enum frame_event frame_read(struct frame_reader *reader, uint8_t byte)
{
    /* The last frame's bytes were for the caller to look at until now. */
    if (reader->block == 0) begin(reader);
    if (byte == 0) {
        if (reader->block == 0) return FRAME_NONE;
        reader->block = 0;
        return is_whole(reader) ? FRAME_WHOLE : FRAME_DAMAGED;
    }
    if (reader->left > 0) {
        append(reader, byte);
        reader->left--;
        return FRAME_NONE;
    }
    if (reader->block != 0 && reader->block != LONGEST_BLOCK) append(reader, 0);
    reader->block = byte;
    reader->left = byte - 1;
    return FRAME_NONE;
}
