/** getaddrinfo() without blocking the node. */
#ifndef WASMOTE_POSIX_RESOLVER_H
#define WASMOTE_POSIX_RESOLVER_H

#include <stdbool.h>

#include "endpoint.h"

struct addrinfo;
struct resolution;

/** The addresses of an endpoint whose host is numeric, or NULL if it is a name. Free them with freeaddrinfo(). */
struct addrinfo *resolver_numeric(const struct endpoint *endpoint);

/**
 * Begins to resolve a name in a thread of its own; `notify` is called on that thread when it is done.
 *
 * @return NULL if no thread can be started.
 */
struct resolution *resolver_start(const struct endpoint *endpoint, void (*notify)(void));

/** Whether it is done; if so, `*addresses` is the result (NULL: the name does not resolve) and the resolution is freed.
 */
bool resolver_take(struct resolution *resolution, struct addrinfo **addresses);

/** The result is not wanted any more. */
void resolver_abandon(struct resolution *resolution);

#endif
