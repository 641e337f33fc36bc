/** Random numbers that nobody can guess, for TLS and for WebSocket's masks [RFC 6455, 5.3]. Not the node's: see --seed.
 */
#ifndef WASMOTE_POSIX_RANDOM_H
#define WASMOTE_POSIX_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

/** Seeds the generator from the operating system. False: it gives no entropy. */
bool random_init(void);

/** Fills `bytes`; `unused` makes it what mbedTLS calls. @return 0, or an error of mbedTLS. */
int random_bytes(void *unused, unsigned char *bytes, size_t length);

void random_free(void);

#endif
