/** The network of a PC: non-blocking TCP sockets, and the wait for them. board.h has what the node sees of it. */
#ifndef WASMOTE_POSIX_NET_H
#define WASMOTE_POSIX_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"

/** `endpoints` must outlive the program. False: the operating system gives no pipe. */
bool net_init(const struct endpoint *endpoints, size_t count);

/** Returns when a link has bytes or changes its state, net_wake() was called, or `ms` milliseconds have passed. */
void net_wait(uint32_t ms);

/** Ends net_wait(), now or when it is next called. May be called from a signal handler and from any thread. */
void net_wake(void);

/** Waits until what closed links had taken is delivered, for at most `ms` milliseconds. */
void net_finish(uint32_t ms);

#endif
