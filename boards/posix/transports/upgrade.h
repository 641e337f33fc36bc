/** WebSocket's opening handshake as a client: a GET that asks for an upgrade, and the check of its answer. */
#ifndef WASMOTE_POSIX_UPGRADE_H
#define WASMOTE_POSIX_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>

#include "../endpoint.h"
#include "../stream.h"

/** Path and host at their longest, and the other lines. */
#define UPGRADE_REQUEST_BYTES (ENDPOINT_PATH_BYTES + ENDPOINT_HOST_BYTES + 256)

/** The longest header of an answer that is read: what servers allow for one of a request. */
#define UPGRADE_ANSWER_BYTES 8192

/** Sec-WebSocket-Key: 16 bytes in base64, and a NUL. */
#define UPGRADE_KEY_BYTES 25

struct upgrade {
    char key[UPGRADE_KEY_BYTES];
    char request[UPGRADE_REQUEST_BYTES];
    uint32_t requestLength;
    uint32_t sent;
    char answer[UPGRADE_ANSWER_BYTES];
    uint32_t answerLength;
    /** Bytes of the answer that were looked at: behind them the first frames may have come along. */
    uint32_t used;
};

/** Writes the request. False: there are no random numbers for the key. */
bool upgrade_init(struct upgrade *upgrade, const struct endpoint *endpoint);

/**
 * Goes on over `stream->below`, whose handshake is done. @return 1: the server has switched, 0: under way; HAL_EPROTO,
 * and `stream->why` says why: it has not, or not to MQTT.
 */
int32_t upgrade_step(struct upgrade *upgrade, struct stream *stream);

#endif
