/** The lowest layer of a link: a non-blocking TCP socket, and what its errors mean. */
#ifndef WASMOTE_POSIX_SOCKET_H
#define WASMOTE_POSIX_SOCKET_H

#include <poll.h>
#include <stdint.h>

#include "stream.h"

struct addrinfo;

/** A non-blocking socket that no other program inherits, for connect(). -1 with errno if there is none. */
int socket_open(const struct addrinfo *address);

/** Takes over a connected socket. NULL: there is no memory, and the socket is closed. */
struct stream *socket_stream(int fd);

/** What poll() is to wait for on behalf of these layers: `events`, and room to send if something waits for it. */
struct pollfd socket_poll(const struct stream *top, short events);

/** The error of the ABI for one of errno. */
int32_t socket_error(int system);

/** The error of the ABI, for people. */
const char *socket_error_text(int32_t error);

#endif
