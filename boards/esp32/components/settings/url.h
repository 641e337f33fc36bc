/** A broker's address: `mqtt://host[:1883]`, `mqtts://host[:8883]`, `ws://host[:80][/mqtt]`, `wss://host[:443][/mqtt]`.
 */
#ifndef WASMOTE_URL_H
#define WASMOTE_URL_H

#include <stdbool.h>
#include <stdint.h>

/** Points into the text that was parsed. */
struct url {
    /** mqtts and wss. */
    bool tls;
    /** ws and wss. */
    bool webSocket;
    uint16_t port;
    /** A name or an address, that of IPv6 without its brackets. 1 to 253 bytes. */
    const char *host;
    uint32_t hostLength;
    /** Of a WebSocket: path and query, from the first slash on; `/mqtt` if the text has none. Else empty. */
    const char *path;
    uint32_t pathLength;
};

/** @return NULL; or what is wrong, with the cure, as static text. Credentials in an address are an error. */
const char *url_parse(const char *text, uint32_t length, struct url *url);

/**
 * What may be shown of an address: its bytes up to the query, which may hold a token.
 *
 * @return how many of the text's bytes that are.
 */
uint32_t url_shown(const char *text, uint32_t length);

#endif
