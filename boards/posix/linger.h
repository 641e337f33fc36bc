/**
 * Links that the node has closed, until their last bytes are delivered.
 *
 * What the layers still hold is sent, then each layer's good-bye, from the top down. close() on a socket with unread
 * bytes sends a reset, and that can destroy bytes on their way to the peer: a DISCONNECT would never arrive. So the
 * socket is shut down for writing, and read until the peer closes too.
 */
#ifndef WASMOTE_POSIX_LINGER_H
#define WASMOTE_POSIX_LINGER_H

#include <poll.h>
#include <stdint.h>

#include "stream.h"

#define LINGER_LINKS 4

/** Takes over an open link. */
void linger_add(struct stream *top);

/** Fills `polls` with the sockets to wait for. @return how many, at most LINGER_LINKS. */
uint32_t linger_polls(struct pollfd *polls);

/** Milliseconds until linger_turn() has something to do even if no socket is ready; INT32_MAX if never. */
int32_t linger_wait_ms(void);

/** Sends what is left, reads what has come, and closes what is over. */
void linger_turn(void);

/** Closes all of them, whatever they still hold. */
void linger_finish(void);

#endif
