/** A broker's address, as --broker takes it. */
#ifndef WASMOTE_POSIX_ENDPOINT_H
#define WASMOTE_POSIX_ENDPOINT_H

#include <stddef.h>

/** Longest host name of the DNS, and its NUL. */
#define ENDPOINT_HOST_BYTES 254

struct endpoint {
    char host[ENDPOINT_HOST_BYTES];
    /** 1 to 65535, as text for getaddrinfo(). */
    char port[6];
    /** As the user wrote it; holds no credentials. */
    const char *url;
};

/** Parses `mqtt://host[:port]`; the port is 1883 if it is left out. @return NULL, or what is wrong, in `problem`. */
const char *endpoint_parse(const char *url, struct endpoint *endpoint, char *problem, size_t capacity);

#endif
