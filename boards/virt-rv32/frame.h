/**
 * The frames on the serial line, as README.md describes them: a type, a number, a payload and a CRC-32, stuffed so that
 * a zero byte stands between frames and nowhere else. Nothing here knows a device; the tests run it on the PC.
 */
#ifndef WASMOTE_FRAME_H
#define WASMOTE_FRAME_H

#include <stdint.h>

#define FRAME_HEAD_BYTES 2
#define FRAME_PAYLOAD_BYTES 512
#define FRAME_CRC_BYTES 4
#define FRAME_BYTES (FRAME_HEAD_BYTES + FRAME_PAYLOAD_BYTES + FRAME_CRC_BYTES)

/** What a frame takes on the line at the most: a byte for each 254 begun, and the zero behind it. */
#define FRAME_LINE_BYTES (FRAME_BYTES + (FRAME_BYTES + 253) / 254 + 1)

/**
 * Completes a frame whose payload of `length` bytes, at most FRAME_PAYLOAD_BYTES, is already at
 * `frame + FRAME_HEAD_BYTES`, and stuffs it.
 *
 * @return how many bytes of `line` it takes.
 */
uint32_t frame_write(uint8_t frame[FRAME_BYTES], uint8_t type, uint8_t number, uint32_t length,
                     uint8_t line[FRAME_LINE_BYTES]);

enum frame_event {
    /** Nothing yet. */
    FRAME_NONE,
    /** A frame is whole: frame_type() and so on tell what it is, until the next byte. */
    FRAME_WHOLE,
    /** Bytes that are no frame have ended. */
    FRAME_DAMAGED,
};

/** All zeros at the beginning. */
struct frame_reader {
    uint8_t bytes[FRAME_BYTES];
    uint32_t length;
    /** Of the block that is being read: the byte that it began with, 0 before the first, and the bytes still to come.
     */
    uint8_t block;
    uint8_t left;
    /** It can't become a frame any more. */
    uint8_t broken;
};

/** Takes the next byte of the line. Any bytes may come. */
enum frame_event frame_read(struct frame_reader *reader, uint8_t byte);

static inline uint8_t frame_type(const struct frame_reader *reader)
{
    return reader->bytes[0];
}

static inline uint8_t frame_number(const struct frame_reader *reader)
{
    return reader->bytes[1];
}

static inline const uint8_t *frame_payload(const struct frame_reader *reader)
{
    return reader->bytes + FRAME_HEAD_BYTES;
}

static inline uint32_t frame_payload_bytes(const struct frame_reader *reader)
{
    return reader->length - FRAME_HEAD_BYTES - FRAME_CRC_BYTES;
}

#endif
