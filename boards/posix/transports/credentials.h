/** The certificates and the key of this program's TLS, read once at the start. */
#ifndef WASMOTE_POSIX_CREDENTIALS_H
#define WASMOTE_POSIX_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/ssl.h>

#include "../transport.h"

/**
 * Reads them, and sets up what links share. Files that were given must be good whether a link needs them or not; the
 * system's are read only where TLS is `needed`. False: they can't be used, and `problem` says why.
 */
bool credentials_init(const struct tls_options *options, bool needed, struct transport_problem *problem);

/** What links share, with --alpn or without; lives until credentials_free(). */
const mbedtls_ssl_config *credentials_config(bool alpn);

void credentials_free(void);

#endif
