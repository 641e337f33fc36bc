/** The layers of a link, by the endpoint's scheme. The only file that knows which there are. */
#ifndef WASMOTE_POSIX_TRANSPORT_H
#define WASMOTE_POSIX_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "endpoint.h"
#include "stream.h"

/** What the command line says of TLS. A file that is not given is NULL. */
struct tls_options {
    /** PEM: the CA certificates to trust instead of the system's. */
    const char *caFile;
    /** PEM: the client's certificate, with those between it and its CA behind it; and its key. Both or none. */
    const char *certFile;
    const char *keyFile;
    /** For SNI and verification; NULL: the endpoint's host. */
    const char *serverName;
    /** The protocol to offer over mqtts; NULL: the extension is left out. */
    const char *alpn;
    /** Certificates are not verified. */
    bool insecure;
};

/** Why the program can't start with these options. */
struct transport_problem {
    char what[512];
    const char *cure;
};

/**
 * Reads what the endpoints' transports need: certificates, keys, a source of random numbers. `options` must outlive the
 * program. False: it can't, and `problem` says why.
 */
bool transport_init(const struct tls_options *options, const struct endpoint *endpoints, size_t count,
                    struct transport_problem *problem);

/** Lays the endpoint's layers over a connected socket, which it takes over. NULL: there is no memory. */
struct stream *transport_open(const struct endpoint *endpoint, int fd);

/** Frees what transport_init() has read; no link may be left. */
void transport_finish(void);

#endif
