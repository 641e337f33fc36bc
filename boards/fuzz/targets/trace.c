/*
 * A trace of any bytes; or one whose CRCs are right and whose records are anything, which gets further: a header of
 * this format, then frames, each behind its length.
 */

#include "trace_reader.h"

#include "crc32.h"
#include "input.h"
#include "little.h"

static const uint8_t magic[] = {'W', 'M', 'T', 'R'};

/* Bytes of the image of a trace that is made here: so few that a run soon reaches its end. */
#define IMAGE_BYTES 64
#define AT_IMAGE_SIZE 20
#define AT_HEADER_CRC 32

/* Appends the bytes and their CRC. @return how long the trace is then. */
static uint32_t append(uint8_t *trace, uint32_t length, struct input *input, uint32_t count)
{
    input_bytes(input, &trace[length], count);
    little_put_u32(&trace[length + count], crc32(0, &trace[length], count));
    return length + count + TRACE_CRC_BYTES;
}

/* What is left of the input, made into a trace. The caller frees it. */
static uint8_t *make_trace(struct input input, uint32_t *length)
{
    /* Each frame takes a byte for its length, and five more at most than it has bytes. */
    uint8_t *trace = calloc(1, TRACE_HEADER_BYTES + (input.left + 1) * (1 + TRACE_CRC_BYTES));
    if (trace == NULL) abort();
    memcpy(trace, magic, sizeof magic);
    trace[4] = TRACE_VERSION;
    little_put_u32(&trace[AT_IMAGE_SIZE], IMAGE_BYTES);
    little_put_u32(&trace[AT_HEADER_CRC], crc32(0, trace, AT_HEADER_CRC));
    *length = TRACE_HEADER_BYTES;
    while (input.left > 0) {
        uint32_t count = input_u8(&input);
        if (count > input.left) count = (uint32_t)input.left;
        *length = append(trace, *length, &input, count);
    }
    return trace;
}

static bool is_within(const uint8_t *part, uint32_t count, const uint8_t *bytes, uint32_t length)
{
    return part >= bytes && count <= length && part - bytes <= (ptrdiff_t)(length - count);
}

/* Reads every record of a frame, as a replay does. */
static void read_frame(const struct trace *trace, struct trace_frame *frame)
{
    CLAIM(frame->offset <= trace->length);
    if (frame->image != NULL) {
        CLAIM(is_within(frame->image, trace->header.imageSize, trace->bytes, trace->length));
    }
    for (uint32_t i = 0; i < frame->importCount; i++) {
        struct trace_import_record record = trace_take_import(&frame->imports);
        CLAIM(record.number < TRACE_IMPORTS);
        if (record.handedLength > 0) {
            CLAIM(is_within(record.handed, record.handedLength, trace->bytes, trace->length));
        }
    }
    struct trace_run run;
    uint32_t end = 0;
    while (trace_take_run(&frame->runs, &end, &run)) {
        CLAIM(run.length <= trace->header.imageSize && run.start <= trace->header.imageSize - run.length);
        if (run.bytes != NULL) CLAIM(is_within(run.bytes, run.length, trace->bytes, trace->length));
    }
}

static void read_trace(const uint8_t *bytes, uint32_t length)
{
    struct trace trace;
    if (!trace_open(&trace, bytes, length)) {
        CLAIM(strlen(trace.what) > 0);
        return;
    }
    CLAIM(trace.header.imageSize % 8 == 0 && trace.header.imageSize <= 65536);
    for (;;) {
        uint32_t before = trace.offset;
        struct trace_frame frame;
        enum trace_status status = trace_next(&trace, &frame);
        CLAIM(trace.offset <= length);
        if (status == TRACE_END) return;
        if (status == TRACE_DAMAGED) {
            CLAIM(strlen(trace.what) > 0);
            return;
        }
        read_frame(&trace, &frame);
        if (status == TRACE_CUT_OFF) return;
        CLAIM(trace.offset > before);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    bool isMade = (input_u8(&input) & 1) != 0;
    uint32_t length = (uint32_t)input.left;
    uint8_t *bytes = isMade ? make_trace(input, &length) : input_rest(&input);
    /* In a block of exactly its size, so that ASan sees a read past its end. */
    uint8_t *trace = malloc(length > 0 ? length : 1);
    if (trace == NULL) abort();
    memcpy(trace, bytes, length);
    free(bytes);
    read_trace(trace, length);
    free(trace);
    return 0;
}
