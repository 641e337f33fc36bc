#include "trace_reader.h"

#include <string.h>

#include "crc32.h"
#include "little.h"

#define PAGE_BYTES 65536

/* Cursor ----------------------------------------------------------------------------------------------------------- */

static uint32_t left(const struct trace_cursor *cursor)
{
    return (uint32_t)(cursor->end - cursor->next);
}

/* The first that goes wrong counts. */
static void fail(struct trace_cursor *cursor, enum trace_status status)
{
    if (cursor->status == TRACE_OK) cursor->status = status;
}

static uint8_t take_byte(struct trace_cursor *cursor)
{
    if (cursor->status != TRACE_OK) return 0;
    if (left(cursor) == 0) {
        fail(cursor, TRACE_CUT_OFF);
        return 0;
    }
    return *cursor->next++;
}

/* Unsigned LEB128 of at most 32 bits. */
static uint32_t take_varint(struct trace_cursor *cursor)
{
    uint32_t value = 0;
    for (uint32_t shift = 0; shift < 35; shift += 7) {
        uint8_t byte = take_byte(cursor);
        if (shift == 28 && byte > 0x0f) break;
        value |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return value;
    }
    fail(cursor, TRACE_DAMAGED);
    return 0;
}

static const uint8_t *take_bytes(struct trace_cursor *cursor, uint32_t length)
{
    if (cursor->status == TRACE_OK && length > left(cursor)) fail(cursor, TRACE_CUT_OFF);
    if (cursor->status != TRACE_OK) return NULL;
    const uint8_t *bytes = cursor->next;
    cursor->next += length;
    return bytes;
}

/* Records ---------------------------------------------------------------------------------------------------------- */

/* @return NULL, or what is wrong with it; a cursor that has failed says the rest. */
static const char *read_import(struct trace_cursor *cursor, uint8_t tag, struct trace_import_record *record)
{
    uint8_t outcome = tag >> 4;
    *record = (struct trace_import_record){.number = tag & 0x0f, .hasResult = outcome != TRACE_NONE};
    if (record->number >= TRACE_IMPORTS || outcome > TRACE_NONE) return "there is no such record";
    const struct trace_shape *shape = &traceShapes[record->number];
    for (uint32_t i = 0; i < shape->count; i++)
        record->parameters[i] = take_varint(cursor);
    if (outcome == TRACE_POSITIVE || outcome == TRACE_NEGATIVE) {
        uint32_t size = take_varint(cursor);
        if (cursor->status != TRACE_OK) return NULL;
        uint32_t most = outcome == TRACE_POSITIVE ? (uint32_t)INT32_MAX : (uint32_t)INT32_MAX + 1;
        if (size == 0 || size > most) return "a result is none";
        record->result = (int32_t)(outcome == TRACE_POSITIVE ? size : 0 - size);
    }
    if (!record->hasResult) return NULL;
    record->handedLength = trace_handed(record->number, record->result);
    /* The last parameter of net_recv and config_get is how much there is room for. */
    if (shape->pointer != TRACE_NO_POINTER && shape->handed == 0 && cursor->status == TRACE_OK &&
        record->handedLength > record->parameters[1])
        return "more is handed over than there was room for";
    record->handed = take_bytes(cursor, record->handedLength);
    return NULL;
}

static const char *read_runs(struct trace_cursor *cursor, uint32_t imageSize, bool hiddenOnly)
{
    uint32_t end = 0;
    while (cursor->status == TRACE_OK) {
        uint32_t head = take_varint(cursor);
        if (head == 0) return NULL;
        uint32_t gap = take_varint(cursor);
        uint32_t length = head >> 1;
        if (cursor->status != TRACE_OK) return NULL;
        if (length == 0 || gap > imageSize - end || length > imageSize - end - gap)
            return "a change lies outside the image";
        end += gap + length;
        bool hidden = (head & 1) != 0;
        if (hiddenOnly && !hidden) return "an image has changes";
        if (!hidden) (void)take_bytes(cursor, length);
    }
    return NULL;
}

static const char *read_end(struct trace_cursor *cursor, uint8_t tag, uint32_t imageSize, struct trace_frame *frame)
{
    switch (tag) {
    case TRACE_RETURNED:
        if (frame->number == 1) frame->waitMs = take_varint(cursor) - 1;
        frame->end = TRACE_END_RETURNED;
        break;
    case TRACE_TRAPPED:
        frame->reason = take_byte(cursor);
        frame->end = TRACE_END_TRAPPED;
        if (cursor->status == TRACE_OK && frame->reason >= TRACE_TRAPS) return "there is no such trap";
        break;
    case TRACE_CUT:
        frame->end = TRACE_END_CUT;
        return NULL;
    case TRACE_HUNG:
        frame->end = TRACE_END_HUNG;
        return NULL;
    default:
        return "there is no such record";
    }
    frame->runs = *cursor;
    return read_runs(cursor, imageSize, false);
}

/* Frames ----------------------------------------------------------------------------------------------------------- */

static enum trace_status damaged(struct trace *trace, const uint8_t *at, const char *what)
{
    trace->offset = (uint32_t)(at - trace->bytes);
    trace->what = what;
    return TRACE_DAMAGED;
}

/* The last thing of a frame. */
static bool is_crc_wrong(struct trace_cursor *cursor, const uint8_t *start)
{
    uint32_t expected = crc32(0, start, (uint32_t)(cursor->next - start));
    const uint8_t *bytes = take_bytes(cursor, TRACE_CRC_BYTES);
    return bytes != NULL && little_u32(bytes) != expected;
}

/* What became of a cursor after everything was read through it. */
static enum trace_status finish(struct trace *trace, struct trace_cursor *cursor, const uint8_t *start,
                                const char *what)
{
    if (what != NULL) return damaged(trace, start, what);
    if (cursor->status == TRACE_DAMAGED) return damaged(trace, start, "a number is too long");
    if (cursor->status == TRACE_CUT_OFF) return TRACE_CUT_OFF;
    trace->offset = (uint32_t)(cursor->next - trace->bytes);
    return TRACE_OK;
}

static enum trace_status next_image(struct trace *trace, struct trace_cursor *cursor, uint8_t tag,
                                    struct trace_frame *frame)
{
    const uint8_t *start = trace->bytes + trace->offset;
    const char *what = NULL;
    trace->nowMs = take_varint(cursor);
    if (tag == TRACE_IMAGE) {
        frame->image = take_bytes(cursor, trace->header.imageSize);
        frame->runs = *cursor;
        what = read_runs(cursor, trace->header.imageSize, true);
    }
    if (what == NULL && is_crc_wrong(cursor, start)) what = "a frame's CRC is wrong";
    enum trace_status status = finish(trace, cursor, start, what);
    if (status != TRACE_OK) *frame = (struct trace_frame){0};
    trace->hasImage = status == TRACE_OK;
    trace->isFresh = tag == TRACE_FRESH;
    return status;
}

static enum trace_status next_call(struct trace *trace, struct trace_cursor *cursor, struct trace_frame *frame)
{
    const uint8_t *start = trace->bytes + trace->offset;
    if (frame->number == 1 || frame->number == 2) trace->nowMs += take_varint(cursor);
    if (frame->number == 2) frame->sleptMs = take_varint(cursor);
    frame->nowMs = trace->nowMs;
    frame->imports = *cursor;
    frame->end = TRACE_END_OPEN;
    const char *what = NULL;
    bool ended = false;
    const uint8_t *at = cursor->next;
    if (cursor->status == TRACE_CUT_OFF) {
        *frame = (struct trace_frame){0};
        return TRACE_CUT_OFF;
    }
    while (cursor->status == TRACE_OK && what == NULL && frame->end == TRACE_END_OPEN) {
        at = cursor->next;
        frame->imports.end = at;
        uint8_t tag = take_byte(cursor);
        if (cursor->status != TRACE_OK) break;
        if (tag >= TRACE_RETURNED) {
            what = read_end(cursor, tag, trace->header.imageSize, frame);
            if (what == NULL && ended && tag == TRACE_RETURNED) what = "a call returned that had ended";
            continue;
        }
        struct trace_import_record record = {0};
        what = ended ? "a call goes on that had ended" : read_import(cursor, tag, &record);
        ended = !record.hasResult;
        if (cursor->status == TRACE_OK) frame->importCount++;
    }
    if (what == NULL && cursor->status == TRACE_OK && is_crc_wrong(cursor, start)) {
        at = start;
        what = "a frame's CRC is wrong";
    }
    enum trace_status status = finish(trace, cursor, start, what);
    if (status != TRACE_OK) trace->offset = (uint32_t)(at - trace->bytes);
    if (status == TRACE_CUT_OFF) {
        frame->end = TRACE_END_OPEN;
        /* Those that were there have not been checked. */
        frame->runs = (struct trace_cursor){0};
    }
    trace->isFresh = false;
    trace->hasImage = frame->end == TRACE_END_RETURNED;
    return status;
}

enum trace_status trace_next(struct trace *trace, struct trace_frame *frame)
{
    *frame = (struct trace_frame){.offset = trace->offset};
    if (trace->offset == trace->length) return TRACE_END;
    struct trace_cursor cursor = {.next = trace->bytes + trace->offset, .end = trace->bytes + trace->length};
    const uint8_t *start = cursor.next;
    uint8_t tag = take_byte(&cursor);
    if (tag == TRACE_FRESH || tag == TRACE_IMAGE) return next_image(trace, &cursor, tag, frame);
    frame->isCall = true;
    frame->number = tag & 0x0f;
    if ((tag & 0xf0) != TRACE_CALL || frame->number >= TRACE_EXPORTS)
        return damaged(trace, start, "no frame begins like this");
    if (!trace->hasImage) return damaged(trace, start, "a call has no image");
    if (trace->isFresh != (frame->number == 0)) return damaged(trace, start, "a node is not called like this here");
    return next_call(trace, &cursor, frame);
}

struct trace_import_record trace_take_import(struct trace_cursor *imports)
{
    struct trace_import_record record;
    uint8_t tag = take_byte(imports);
    (void)read_import(imports, tag, &record);
    return record;
}

bool trace_take_run(struct trace_cursor *runs, uint32_t *end, struct trace_run *run)
{
    uint32_t head = take_varint(runs);
    if (head == 0) return false;
    run->start = *end + take_varint(runs);
    run->length = head >> 1;
    run->bytes = (head & 1) != 0 ? NULL : take_bytes(runs, run->length);
    *end = run->start + run->length;
    return true;
}

bool trace_open(struct trace *trace, const uint8_t *bytes, uint32_t length)
{
    *trace = (struct trace){.bytes = bytes, .length = length, .offset = TRACE_HEADER_BYTES};
    struct trace_header *header = &trace->header;
    if (length < TRACE_HEADER_BYTES || memcmp(bytes, "WMTR", 4) != 0) {
        trace->what = "it does not begin with the header of a trace";
        return false;
    }
    if (bytes[4] != TRACE_VERSION) {
        trace->what = "it has another version of the format";
        return false;
    }
    uint32_t crc = crc32(0, bytes, TRACE_HEADER_BYTES - TRACE_CRC_BYTES);
    header->abiVersion = little_u16(bytes + 6);
    header->layoutId = little_u32(bytes + 8);
    memcpy(header->buildId, bytes + 12, METADATA_BUILD_ID_BYTES);
    header->imageSize = little_u32(bytes + 20);
    if (little_u32(bytes + TRACE_HEADER_BYTES - TRACE_CRC_BYTES) != crc || header->abiVersion != HAL_ABI_VERSION ||
        header->imageSize == 0 || header->imageSize % 8 != 0 || header->imageSize > PAGE_BYTES) {
        trace->what = "its header is damaged";
        return false;
    }
    return true;
}
