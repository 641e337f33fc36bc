/** A broker's address, as --broker takes it. */
#ifndef WASMOTE_POSIX_ENDPOINT_H
#define WASMOTE_POSIX_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

/** Longest host name of the DNS, and its NUL. */
#define ENDPOINT_HOST_BYTES 254

/** Path and query of a WebSocket, and a NUL: signed addresses of cloud brokers have more than a thousand. */
#define ENDPOINT_PATH_BYTES 2049

/** A label is cut to fit. */
#define ENDPOINT_LABEL_BYTES 400

struct endpoint {
    char host[ENDPOINT_HOST_BYTES];
    /** 1 to 65535, as text for getaddrinfo(). */
    char port[6];
    /** mqtts and wss. */
    bool tls;
    /** ws and wss. */
    bool webSocket;
    /** Of a WebSocket: path and query, printable ASCII from the first slash on. */
    char path[ENDPOINT_PATH_BYTES];
    /** For the log: as the user wrote it, but without the query, which may hold a token. */
    char label[ENDPOINT_LABEL_BYTES];
};

/**
 * Parses `mqtt://host[:1883]`, `mqtts://host[:8883]`, `ws://host[:80][/mqtt]` or `wss://host[:443][/mqtt]`; what is in
 * brackets has that default.
 *
 * @return NULL, or what is wrong, in `problem`: never with credentials or a query in it.
 */
const char *endpoint_parse(const char *url, struct endpoint *endpoint, char *problem, size_t capacity);

/** The port that the scheme has by default. */
const char *endpoint_default_port(const struct endpoint *endpoint);

#endif
