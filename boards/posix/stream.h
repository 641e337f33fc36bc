/**
 * A link in layers: a socket, TLS over it, WebSocket over either. Each layer is a stream of bytes that is carried by
 * the one below; net.c talks to the one on top. Nothing here blocks, and memory per link is bounded.
 */
#ifndef WASMOTE_POSIX_STREAM_H
#define WASMOTE_POSIX_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_WHY_BYTES 192

struct stream;

/** What a layer does. Results are `>= 0` or an enum hal_error. */
struct stream_type {
    /** For people. */
    const char *name;

    /** Goes on with the handshakes of this layer and of those below. @return 1: done; 0: under way. */
    int32_t (*handshake)(struct stream *stream);

    /** Takes bytes, as board_net_send() does. It takes fewer than `length` only if the socket takes no more now. */
    int32_t (*send)(struct stream *stream, const uint8_t *bytes, uint32_t length);

    /** Hands over bytes, as board_net_recv() does. */
    int32_t (*recv)(struct stream *stream, uint8_t *bytes, uint32_t capacity);

    /** Goes on sending what was taken. @return 1: nothing is left; 0: the socket takes no more now. */
    int32_t (*flush)(struct stream *stream);

    /** Says good-bye behind what was taken, if the layer has a word for it; flush() sends it. No send() comes after it.
     */
    void (*end)(struct stream *stream);

    /** Whether recv() has something to say although the socket may have nothing to read. */
    bool (*pending)(const struct stream *stream);

    /** Frees this layer alone. */
    void (*release)(struct stream *stream);
};

/** The first member of every layer. */
struct stream {
    const struct stream_type *type;
    /** What carries this one; NULL: it is the socket. */
    struct stream *below;
    /** Why it failed, where the error alone does not say it; else empty. Text of ours only, nothing that a peer sent.
     */
    char why[STREAM_WHY_BYTES];
};

static inline int32_t stream_handshake(struct stream *stream)
{
    return stream->type->handshake(stream);
}

static inline int32_t stream_send(struct stream *stream, const uint8_t *bytes, uint32_t length)
{
    return stream->type->send(stream, bytes, length);
}

static inline int32_t stream_recv(struct stream *stream, uint8_t *bytes, uint32_t capacity)
{
    return stream->type->recv(stream, bytes, capacity);
}

static inline int32_t stream_flush(struct stream *stream)
{
    return stream->type->flush(stream);
}

static inline bool stream_pending(const struct stream *stream)
{
    return stream->type->pending(stream);
}

/** Notes why a stream failed, and returns `error`. */
__attribute__((format(printf, 3, 4))) int32_t stream_fail(struct stream *stream, int32_t error, const char *format,
                                                          ...);

/** The layer that has said why it failed; NULL: none has. */
const struct stream *stream_failed(const struct stream *top);

/** Frees all layers, and closes the socket. */
void stream_release(struct stream *top);

#endif
