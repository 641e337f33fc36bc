#include "websocket.h"

#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "abi.h"
#include "random.h"
#include "upgrade.h"

/* Payload that the node has not taken yet. No more than that is read from below, so it always fits. */
#define INPUT_BYTES 1024

/* Payload of one frame that is sent. */
#define FRAME_BYTES 4096

/* The largest packet of MQTT: a frame that is larger can't be the work of a broker. */
#define MAX_FRAME_BYTES (UINT64_C(268435455) + 5)

/* What one call reads from below. Frames without payload, of which there may be any number, are read a part at a time:
 * a call that goes on as long as the server does is one that the watchdog ends. */
#define READ_BYTES 8192

/* Answers to pings that the socket has not taken. Whoever pings on without reading them is not waited for. */
#define MAX_PONGS 64

struct websocket {
    struct stream stream;
    wslay_event_context_ptr frames;
    bool open;
    /* The layer below had nothing more, or no more may be read now. */
    bool starved;
    /* How much more may be read now. */
    uint32_t readable;
    /* The frame that is being received is one of payload, not of control. */
    bool payload;
    /* What the layer below said when wslay asked it. */
    int32_t belowError;
    /* Why nothing more is received, once what is in `input` was. */
    int32_t error;
    /* Why nothing more is sent. */
    int32_t sendError;
    uint32_t inputStart;
    uint32_t inputLength;
    uint8_t input[INPUT_BYTES];
    struct upgrade upgrade;
};

/* Between wslay and the layer below -------------------------------------------------------------------------------- */

static ssize_t send_frame(wslay_event_context_ptr frames, const uint8_t *bytes, size_t length, int flags, void *context)
{
    (void)flags;
    struct websocket *self = context;
    uint32_t part = length < FRAME_BYTES ? (uint32_t)length : FRAME_BYTES;
    int32_t taken = stream_send(self->stream.below, bytes, part);
    if (taken > 0) return taken;
    if (taken < 0) self->belowError = taken;
    wslay_event_set_error(frames, taken == 0 ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

/* What came along with the answer to the upgrade is older than what is below. */
static int32_t receive_below(struct websocket *self, uint8_t *bytes, uint32_t capacity)
{
    struct upgrade *upgrade = &self->upgrade;
    uint32_t left = upgrade->answerLength - upgrade->used;
    if (left == 0) return stream_recv(self->stream.below, bytes, capacity);
    uint32_t length = left < capacity ? left : capacity;
    memcpy(bytes, upgrade->answer + upgrade->used, length);
    upgrade->used += length;
    return (int32_t)length;
}

static ssize_t receive_frame(wslay_event_context_ptr frames, uint8_t *bytes, size_t capacity, int flags, void *context)
{
    (void)flags;
    struct websocket *self = context;
    uint32_t room = INPUT_BYTES - self->inputLength;
    if (self->readable < room) room = self->readable;
    if (capacity < room) room = (uint32_t)capacity;
    int32_t length = room > 0 ? receive_below(self, bytes, room) : 0;
    if (length > 0) {
        self->readable -= (uint32_t)length;
        return length;
    }
    self->starved = true;
    if (length < 0) self->belowError = length;
    wslay_event_set_error(frames, length == 0 ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static int make_mask(wslay_event_context_ptr frames, uint8_t *bytes, size_t length, void *context)
{
    (void)context;
    if (random_bytes(NULL, bytes, length) == 0) return 0;
    wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

/* Frames ----------------------------------------------------------------------------------------------------------- */

/* Ends the link with a close frame that says why. */
static void fail(struct websocket *self, uint16_t status, const char *why)
{
    if (self->error != 0) return;
    self->error = stream_fail(&self->stream, HAL_EPROTO, "%s", why);
    (void)wslay_event_queue_close(self->frames, status, NULL, 0);
    wslay_event_shutdown_read(self->frames);
}

static void start_frame(wslay_event_context_ptr frames, const struct wslay_event_on_frame_recv_start_arg *frame,
                        void *context)
{
    (void)frames;
    struct websocket *self = context;
    self->payload = !wslay_is_ctrl_frame(frame->opcode);
    /* [MQTT-6.0.0-1] */
    if (frame->opcode == WSLAY_TEXT_FRAME) fail(self, WSLAY_CODE_UNSUPPORTED_DATA, "the server sent a text frame");
}

static void take_chunk(wslay_event_context_ptr frames, const struct wslay_event_on_frame_recv_chunk_arg *chunk,
                       void *context)
{
    (void)frames;
    struct websocket *self = context;
    if (!self->payload || self->error != 0) return;
    if (chunk->data_length > INPUT_BYTES - self->inputLength) {
        fail(self, WSLAY_CODE_INTERNAL_SERVER_ERROR, "there is no room for a WebSocket frame");
        return;
    }
    memcpy(self->input + self->inputLength, chunk->data, chunk->data_length);
    self->inputLength += (uint32_t)chunk->data_length;
}

/* @return 1: wslay and all below have sent everything; 0: the socket takes no more now; negative: the link is broken.
 */
static int32_t flush(struct stream *stream)
{
    struct websocket *self = (struct websocket *)stream;
    if (self->sendError != 0) return self->sendError;
    if (wslay_event_send(self->frames) != 0)
        self->sendError = self->belowError != 0 ? self->belowError : HAL_ECONNRESET;
    if (self->sendError != 0) return self->sendError;
    return wslay_event_want_write(self->frames) != 0 ? 0 : stream_flush(stream->below);
}

/* Why wslay reads no more, if it does not. */
static void notice_end(struct websocket *self, int result)
{
    if (self->error != 0 || (result == 0 && wslay_event_get_read_enabled(self->frames) != 0)) return;
    if (self->belowError != 0) {
        /* Without a close frame it is no end in good order. */
        self->error = self->belowError == HAL_EPIPE ? HAL_ECONNRESET : self->belowError;
    } else if (wslay_event_get_close_received(self->frames) != 0) {
        self->error = HAL_EPIPE;
    } else {
        self->error = stream_fail(&self->stream, HAL_EPROTO, "the server's frames break the rules of WebSocket");
    }
}

/* Reads frames until there is payload, an end, or nothing more now. */
static void fill(struct websocket *self)
{
    self->inputStart = self->inputLength = 0;
    self->starved = false;
    self->readable = READ_BYTES;
    while (self->inputLength == 0 && self->error == 0 && !self->starved) {
        notice_end(self, wslay_event_recv(self->frames));
        /* Answers to pings; that they can't be sent shows when something else is. */
        (void)flush(&self->stream);
        if (wslay_event_get_queued_msg_count(self->frames) > MAX_PONGS)
            fail(self, WSLAY_CODE_POLICY_VIOLATION, "the server pings without end, and does not read the answers");
    }
}

/* The layer -------------------------------------------------------------------------------------------------------- */

static int32_t handshake(struct stream *stream)
{
    struct websocket *self = (struct websocket *)stream;
    if (self->open) return 1;
    int32_t result = stream_handshake(stream->below);
    if (result > 0) result = upgrade_step(&self->upgrade, stream);
    self->open = result > 0;
    return result;
}

static int32_t send_bytes(struct stream *stream, const uint8_t *bytes, uint32_t length)
{
    struct websocket *self = (struct websocket *)stream;
    uint32_t taken = 0;
    for (;;) {
        int32_t flushed = flush(stream);
        if (flushed < 0) return flushed;
        if (taken == length || wslay_event_want_write(self->frames) != 0) return (int32_t)taken;
        uint32_t part = length - taken < FRAME_BYTES ? length - taken : FRAME_BYTES;
        const struct wslay_event_msg frame = {.opcode = WSLAY_BINARY_FRAME, .msg = bytes + taken, .msg_length = part};
        int result = wslay_event_queue_msg(self->frames, &frame);
        /* The server has closed, and recv() says so, or there is no memory. */
        if (result != 0) return result == WSLAY_ERR_NO_MORE_MSG ? HAL_EPIPE : HAL_ECONNRESET;
        taken += part;
    }
}

static int32_t receive(struct stream *stream, uint8_t *bytes, uint32_t capacity)
{
    struct websocket *self = (struct websocket *)stream;
    if (self->inputStart == self->inputLength && self->error == 0) fill(self);
    uint32_t left = self->inputLength - self->inputStart;
    if (left == 0) return self->error;
    uint32_t length = left < capacity ? left : capacity;
    memcpy(bytes, self->input + self->inputStart, length);
    self->inputStart += length;
    return (int32_t)length;
}

static void end(struct stream *stream)
{
    (void)wslay_event_queue_close(((struct websocket *)stream)->frames, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
}

static bool pending(const struct stream *stream)
{
    const struct websocket *self = (const struct websocket *)stream;
    return self->error != 0 || self->inputStart < self->inputLength ||
           self->upgrade.used < self->upgrade.answerLength || stream_pending(stream->below);
}

static void release(struct stream *stream)
{
    wslay_event_context_free(((struct websocket *)stream)->frames);
    free(stream);
}

struct stream *websocket_stream(struct stream *below, const struct endpoint *endpoint)
{
    static const struct stream_type type = {"WebSocket", handshake, send_bytes, receive, flush, end, pending, release};
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = receive_frame,
        .send_callback = send_frame,
        .genmask_callback = make_mask,
        .on_frame_recv_start_callback = start_frame,
        .on_frame_recv_chunk_callback = take_chunk,
    };
    struct websocket *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->stream.type = &type;
    self->stream.below = below;
    if (!upgrade_init(&self->upgrade, endpoint) ||
        wslay_event_context_client_init(&self->frames, &callbacks, self) != 0) {
        free(self);
        return NULL;
    }
    wslay_event_config_set_no_buffering(self->frames, 1);
    wslay_event_config_set_max_recv_msg_length(self->frames, MAX_FRAME_BYTES);
    return &self->stream;
}
