/** A layer of a link: TLS 1.2 as a client, by mbedTLS 2.28. */
#ifndef WASMOTE_POSIX_TLS_H
#define WASMOTE_POSIX_TLS_H

#include "../endpoint.h"
#include "../stream.h"
#include "../transport.h"

/**
 * Lays TLS over `below`, for which stream_release() is then responsible. credentials_init() must have succeeded.
 *
 * The handshake fails with HAL_EPROTO, and stream_failed() says why: an untrusted or expired certificate, another name,
 * an alert, a protocol that was not selected.
 *
 * @return NULL: there is no memory, and `below` is as it was.
 */
struct stream *tls_stream(struct stream *below, const struct endpoint *endpoint, const struct tls_options *options);

#endif
