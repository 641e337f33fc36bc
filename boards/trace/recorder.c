#include "recorder.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "little.h"

/* Bytes of a segment beside those for its image: some 2,000 calls of a node. */
#define SEGMENT_BYTES 65536

/* A call begins in a segment only if it has so much room, and for what may change in the image. */
#define CALL_BYTES 16384

/* A run of bytes costs two, or four where the numbers are large: runs that lie no farther apart are one. */
#define JOINED_GAP 2

/* What a byte of the image is to the frame that is being written. */
enum mark { MARK_SAME, MARK_CHANGED, MARK_HIDDEN };

/* What a byte of `hidden` is: secrets_find() writes the first. */
enum hidden { HIDDEN_NOT = 0, HIDDEN_NOW = 1, HIDDEN_BEFORE = 2 };

struct segment {
    uint8_t *bytes;
    /* Where the next byte goes, and how much of that another thread may read: whole records. */
    uint32_t at;
    atomic_uint used;
};

static struct recorder {
    const struct secrets *secrets;
    uint32_t imageSize;
    uint32_t capacity;
    struct segment segments[2];
    uint32_t current;
    /* Whether the other segment holds what came just before this one. */
    bool hasOlder;
    /* Where the frame begins that is being written, and where begins what recorder_take_new() has not given. */
    uint32_t frameStart;
    uint32_t taken;
    bool inCall;
    bool overflowed;
    /* What config_get gives is a secret. */
    bool isSecret;
    /* The image as the last frame left it, and where it holds a part of a secret. */
    bool isKnown;
    uint8_t *image;
    uint8_t *hidden;
    uint8_t *marks;
    uint32_t nowMs;
    uint8_t tail[1 + TRACE_CRC_BYTES];
} recorder;

/* Bytes ------------------------------------------------------------------------------------------------------------ */

static struct segment *current(void)
{
    return &recorder.segments[recorder.current];
}

static uint32_t room(void)
{
    return recorder.capacity - current()->at;
}

static void put(const uint8_t *bytes, uint32_t length)
{
    if (recorder.overflowed || length > room()) {
        recorder.overflowed = true;
        return;
    }
    if (length > 0) memcpy(current()->bytes + current()->at, bytes, length);
    current()->at += length;
}

static void put_byte(uint8_t byte)
{
    put(&byte, 1);
}

static void put_varint(uint32_t value)
{
    while (value > 0x7f) {
        put_byte((uint8_t)(value | 0x80));
        value >>= 7;
    }
    put_byte((uint8_t)value);
}

static void put_u32(uint32_t value)
{
    uint8_t bytes[sizeof value];
    little_put_u32(bytes, value);
    put(bytes, sizeof bytes);
}

/* A record is whole. */
static void publish(void)
{
    if (!recorder.overflowed) atomic_store_explicit(&current()->used, current()->at, memory_order_release);
}

static void begin_frame(void)
{
    recorder.frameStart = current()->at;
}

/* A frame that did not fit is given up, and the next one begins with an image again. */
static void end_frame(void)
{
    if (!recorder.overflowed)
        put_u32(crc32(0, current()->bytes + recorder.frameStart, current()->at - recorder.frameStart));
    if (recorder.overflowed) {
        recorder.overflowed = false;
        recorder.isKnown = false;
        current()->at = recorder.frameStart;
    }
    publish();
    recorder.frameStart = current()->at;
}

/* Images ----------------------------------------------------------------------------------------------------------- */

/* The next byte that is marked, or `end`. Most stretches have no mark. */
static uint32_t next_mark(uint32_t at, uint32_t end)
{
    uint64_t stretch;
    const uint32_t length = sizeof stretch;
    while (at < end && recorder.marks[at] == MARK_SAME) {
        stretch = 1;
        if (at % length == 0) memcpy(&stretch, recorder.marks + at, length);
        at += stretch == 0 ? length : 1;
    }
    return at < end ? at : end;
}

/* How many bytes that stayed the same lie between two runs that are to be one, or 0. */
static uint32_t gap_to_join(uint32_t at, uint32_t end)
{
    for (uint32_t gap = 0; gap <= JOINED_GAP && at + gap < end; gap++) {
        if (recorder.marks[at + gap] == MARK_CHANGED) return gap;
        if (recorder.marks[at + gap] != MARK_SAME || recorder.hidden[at + gap] != HIDDEN_NOT) return 0;
    }
    return 0;
}

static uint32_t run_end(uint32_t at, uint32_t end)
{
    uint8_t mark = recorder.marks[at];
    for (;;) {
        while (at < end && recorder.marks[at] == mark)
            at++;
        uint32_t gap = mark == MARK_CHANGED ? gap_to_join(at, end) : 0;
        if (gap == 0) return at;
        at += gap;
    }
}

/* Of the marks from `start` to `end`, outside of which nothing is marked. */
static void put_runs(uint32_t start, uint32_t end)
{
    uint32_t written = 0;
    for (uint32_t at = next_mark(start, end); at < end; at = next_mark(written, end)) {
        uint32_t next = run_end(at, end);
        bool hidden = recorder.marks[at] == MARK_HIDDEN;
        put_varint((next - at) << 1 | (hidden ? 1 : 0));
        put_varint(at - written);
        if (!hidden) put(recorder.image + at, next - at);
        written = next;
    }
    put_varint(0);
}

static void put_fresh(void)
{
    begin_frame();
    put_byte(TRACE_FRESH);
    put_varint(recorder.nowMs);
    end_frame();
}

static void put_image(void)
{
    begin_frame();
    put_byte(TRACE_IMAGE);
    put_varint(recorder.nowMs);
    for (uint32_t i = 0; i < recorder.imageSize; i++) {
        put_byte(recorder.hidden[i] != HIDDEN_NOT ? SECRETS_STAND_IN : recorder.image[i]);
        recorder.marks[i] = recorder.hidden[i] != HIDDEN_NOT ? MARK_HIDDEN : MARK_SAME;
    }
    put_runs(0, recorder.imageSize);
    end_frame();
}

/* Where something is marked. */
struct range {
    uint32_t start;
    uint32_t end;
};

/* Looks for secrets around changed bytes, and widens the range that has marks. */
static void hide(uint32_t start, uint32_t end, struct range *marked)
{
    uint32_t reach = recorder.secrets->reach;
    uint32_t from = start > reach ? start - reach : 0;
    uint32_t to = recorder.imageSize - end > reach ? end + reach : recorder.imageSize;
    /* What was hidden before keeps its mark, which another run need not repeat. */
    for (uint32_t i = from; i < to; i++)
        if (recorder.hidden[i] == HIDDEN_NOW) recorder.hidden[i] = HIDDEN_BEFORE;
    secrets_find(recorder.secrets, recorder.image, from, to, recorder.hidden);
    for (uint32_t i = from; i < to; i++)
        if (recorder.hidden[i] == HIDDEN_NOW) recorder.marks[i] = MARK_HIDDEN;
    if (from < marked->start) marked->start = from;
    if (to > marked->end) marked->end = to;
}

/* Marks the bytes that are others than the last frame left. */
static struct range mark_changes(const uint8_t *image)
{
    struct range changed = {recorder.imageSize, 0};
    memset(recorder.marks, MARK_SAME, recorder.imageSize);
    /* An image's size is a multiple of a stretch's. Most are the same, and then one look is enough. */
    uint64_t now;
    uint64_t before;
    for (uint32_t start = 0; start < recorder.imageSize; start += sizeof now) {
        memcpy(&now, image + start, sizeof now);
        memcpy(&before, recorder.image + start, sizeof before);
        if (now == before) continue;
        if (changed.end == 0) changed.start = start;
        changed.end = start + (uint32_t)sizeof now;
        for (uint32_t i = start; i < changed.end; i++) {
            if (image[i] == recorder.image[i]) continue;
            recorder.marks[i] = MARK_CHANGED;
            recorder.hidden[i] = HIDDEN_NOT;
            recorder.image[i] = image[i];
        }
    }
    return changed;
}

static void put_changes(const uint8_t *image)
{
    const struct range changed = mark_changes(image);
    struct range marked = changed;
    for (uint32_t i = changed.start; i < changed.end && recorder.secrets->count > 0; i++) {
        uint32_t start = i;
        while (i < changed.end && recorder.marks[i] == MARK_CHANGED)
            i++;
        if (i > start) hide(start, i, &marked);
    }
    put_runs(marked.start, marked.end);
}

/* Puts another segment in the place of the older one. At a boundary: nothing is lost but what is older than both. */
static void take_turns(void)
{
    recorder.current ^= 1;
    recorder.hasOlder = true;
    current()->at = 0;
    atomic_store_explicit(&current()->used, 0, memory_order_release);
}

/* The calls ----------------------------------------------------------------------------------------------------------
 */

bool recorder_init(const struct metadata *metadata, const struct secrets *secrets)
{
    uint32_t size = metadata->imageSize;
    recorder = (struct recorder){.secrets = secrets, .imageSize = size, .capacity = SEGMENT_BYTES + 6 * size};
    uint8_t *memory = calloc(1, (size_t)3 * size + (size_t)2 * recorder.capacity);
    if (memory == NULL) return false;
    recorder.image = memory;
    recorder.hidden = memory + size;
    recorder.marks = memory + (size_t)2 * size;
    recorder.segments[0].bytes = memory + (size_t)3 * size;
    recorder.segments[1].bytes = recorder.segments[0].bytes + recorder.capacity;
    return true;
}

void recorder_header(const struct metadata *metadata, int64_t unixMs, uint8_t header[TRACE_HEADER_BYTES])
{
    static const uint8_t magic[] = {'W', 'M', 'T', 'R'};
    memset(header, 0, TRACE_HEADER_BYTES);
    memcpy(header, magic, sizeof magic);
    header[4] = TRACE_VERSION;
    header[6] = HAL_ABI_VERSION;
    little_put_u32(header + 8, metadata->layoutId);
    memcpy(header + 12, metadata->buildId, METADATA_BUILD_ID_BYTES);
    little_put_u32(header + 20, metadata->imageSize);
    little_put_u32(header + 24, (uint32_t)unixMs);
    little_put_u32(header + 28, (uint32_t)((uint64_t)unixMs >> 32));
    little_put_u32(header + 32, crc32(0, header, TRACE_HEADER_BYTES - TRACE_CRC_BYTES));
}

/* Begins with the image where the last frame does not lead to it. */
static void begin_image(enum observe_export number, const uint8_t *image)
{
    bool starts =
        number == OBSERVE_SETUP || !recorder.isKnown || memcmp(image, recorder.image, recorder.imageSize) != 0;
    bool isFull = room() < CALL_BYTES + 5 * recorder.imageSize;
    if (!starts && !isFull) return;
    if (starts) {
        memcpy(recorder.image, image, recorder.imageSize);
        memset(recorder.hidden, 0, recorder.imageSize);
        /* The module's own image has no secret. */
        if (number != OBSERVE_SETUP) secrets_find(recorder.secrets, image, 0, recorder.imageSize, recorder.hidden);
    }
    recorder.isKnown = true;
    uint32_t given = isFull ? 0 : recorder.taken;
    if (isFull) take_turns();
    if (number == OBSERVE_SETUP) {
        put_fresh();
    } else {
        put_image();
    }
    /* A trace that goes on has no need of the image that begins a segment. */
    recorder.taken = isFull && !starts ? current()->at : given;
}

void recorder_call(enum observe_export number, const uint8_t *image, uint32_t nowMs, uint32_t sleptMs)
{
    begin_image(number, image);
    recorder.inCall = true;
    begin_frame();
    put_byte((uint8_t)(TRACE_CALL | number));
    if (number == OBSERVE_STEP || number == OBSERVE_RESUME) {
        put_varint(nowMs - recorder.nowMs);
        recorder.nowMs = nowMs;
    }
    if (number == OBSERVE_RESUME) put_varint(sleptMs);
    publish();
}

void recorder_key(const struct observe_import *call)
{
    if (call->number != TRACE_config_get) return;
    uint32_t key = call->parameters[0];
    uint32_t length = call->parameters[1];
    recorder.isSecret = (uint64_t)key + length <= call->memoryBytes && secrets_is_key(call->memory + key, length);
}

static void put_handed(const struct observe_import *call, uint32_t length)
{
    const uint8_t *bytes = call->memory + call->parameters[traceShapes[call->number].pointer];
    if (call->number != TRACE_config_get) {
        uint32_t start = current()->at;
        put(bytes, length);
        if (call->number == TRACE_net_recv && !recorder.overflowed)
            secrets_remove(recorder.secrets, current()->bytes + start, length);
        return;
    }
    for (uint32_t i = 0; i < length; i++)
        put_byte(recorder.isSecret ? SECRETS_STAND_IN : bytes[i]);
}

void recorder_import(const struct observe_import *call, const int32_t *result)
{
    if (!recorder.inCall) return;
    const struct trace_shape *shape = &traceShapes[call->number];
    enum trace_outcome outcome = TRACE_NONE;
    if (result != NULL && *result == 0) outcome = TRACE_ZERO;
    if (result != NULL && *result != 0) outcome = *result > 0 ? TRACE_POSITIVE : TRACE_NEGATIVE;
    put_byte((uint8_t)(outcome << 4 | call->number));
    for (uint32_t i = 0; i < shape->count; i++)
        put_varint(call->parameters[shape->index[i]]);
    if (result != NULL) {
        if (outcome != TRACE_ZERO) put_varint(*result > 0 ? (uint32_t)*result : 0 - (uint32_t)*result);
        uint32_t handed = trace_handed(call->number, *result);
        if (handed > 0) put_handed(call, handed);
    }
    publish();
}

void recorder_returned(const uint8_t *image, uint32_t waitMs)
{
    bool isStep = !recorder.overflowed && current()->bytes[recorder.frameStart] == (TRACE_CALL | OBSERVE_STEP);
    put_byte(TRACE_RETURNED);
    if (isStep) put_varint(waitMs + 1);
    put_changes(image);
    recorder.inCall = false;
    end_frame();
}

void recorder_trapped(enum trace_trap reason, const uint8_t *image)
{
    put_byte(TRACE_TRAPPED);
    put_byte((uint8_t)reason);
    if (image != NULL) {
        put_changes(image);
    } else {
        put_varint(0);
    }
    recorder.inCall = false;
    end_frame();
    recorder.isKnown = false;
}

/* What was recorded ------------------------------------------------------------------------------------------------ */

struct recorder_piece recorder_take_new(void)
{
    struct recorder_piece piece = {current()->bytes + recorder.taken, current()->at - recorder.taken};
    recorder.taken = current()->at;
    return piece;
}

void recorder_history(struct recorder_piece pieces[RECORDER_PIECES])
{
    const struct segment *older = &recorder.segments[recorder.current ^ 1];
    pieces[0] = (struct recorder_piece){older->bytes, recorder.hasOlder ? older->at : 0};
    pieces[1] = (struct recorder_piece){current()->bytes, recorder.frameStart};
    pieces[2] = (struct recorder_piece){recorder.tail, 0};
}

bool recorder_hung(struct recorder_piece pieces[RECORDER_PIECES], bool sinceTaken)
{
    recorder_history(pieces);
    uint32_t used = atomic_load_explicit(&current()->used, memory_order_acquire);
    if (recorder.overflowed || used <= recorder.frameStart) return false;
    recorder.tail[0] = TRACE_HUNG;
    uint32_t crc = crc32(0, current()->bytes + recorder.frameStart, used - recorder.frameStart);
    little_put_u32(recorder.tail + 1, crc32(crc, recorder.tail, 1));
    pieces[1].length = used;
    pieces[2].length = sizeof recorder.tail;
    if (sinceTaken) {
        pieces[0].length = 0;
        pieces[1] = (struct recorder_piece){current()->bytes + recorder.taken, used - recorder.taken};
    }
    return true;
}
