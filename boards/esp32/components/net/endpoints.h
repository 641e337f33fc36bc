/** The brokers' addresses and what TLS needs, as the settings say. Read once, at the start. */
#ifndef WASMOTE_ESP32_ENDPOINTS_H
#define WASMOTE_ESP32_ENDPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

struct endpoint {
    /** mqtts and wss. */
    bool tls;
    /** ws and wss. */
    bool webSocket;
    uint16_t port;
    /** NUL-terminated, like those below. NULL: this endpoint is not set. */
    const char *host;
    /** Of a WebSocket: path and query. */
    const char *path;
    /** For the log: the address without its query, which may hold a token. */
    const char *label;
};

/** PEM; NULL where nothing is set. */
struct credentials {
    /** The CA certificates to trust instead of ESP-IDF's bundle. */
    const char *ca;
    const char *cert;
    const char *key;
};

/** Reads them. What can't be read counts as not set, and the log says so. */
void endpoints_init(const struct settings *settings);

/** NULL: there is no endpoint of this number. */
const struct endpoint *endpoints_find(uint32_t number);

const struct credentials *endpoints_credentials(void);

#endif
