/**
 * Links that the node has closed, until their last bytes are delivered.
 *
 * close() on a socket with unread bytes sends a reset, and that can destroy bytes on their way to the peer: a
 * DISCONNECT would never arrive. So the socket is shut down for writing, and read until the peer closes too.
 */
#ifndef WASMOTE_POSIX_LINGER_H
#define WASMOTE_POSIX_LINGER_H

#include <poll.h>
#include <stdint.h>

#define LINGER_SOCKETS 4

/** Takes over a connected socket. */
void linger_add(int socket);

/** Fills `polls` with the sockets to wait for. @return how many, at most LINGER_SOCKETS. */
uint32_t linger_polls(struct pollfd *polls);

/** Milliseconds until linger_turn() has something to do even if no socket is ready; INT32_MAX if never. */
int32_t linger_wait_ms(void);

/** Reads what has come, and closes what is over. */
void linger_turn(void);

#endif
