/** A layer of a link: WebSocket as a client [RFC 6455], with the sub-protocol mqtt; frames by wslay. */
#ifndef WASMOTE_POSIX_WEBSOCKET_H
#define WASMOTE_POSIX_WEBSOCKET_H

#include "../endpoint.h"
#include "../stream.h"

/**
 * Lays WebSocket over `below`, for which stream_release() is then responsible. random_init() must have succeeded.
 *
 * A frame is a piece of the stream, no more: packets may span frames and share them [MQTT-6.0.0-2], and no frame is
 * ever held as a whole. A text frame is HAL_EPROTO [MQTT-6.0.0-1]; a server that closes is HAL_EPIPE.
 *
 * @return NULL: there is no memory, and `below` is as it was.
 */
struct stream *websocket_stream(struct stream *below, const struct endpoint *endpoint);

#endif
