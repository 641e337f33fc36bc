#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi.h"

#ifndef MSG_NOSIGNAL
/* macOS has none; the program ignores SIGPIPE. */
#define MSG_NOSIGNAL 0
#endif

struct socket_stream {
    struct stream stream;
    int fd;
    /* It did not take everything. */
    bool full;
};

static const struct {
    int system;
    int32_t error;
    const char *text;
} errors[] = {
    {ECONNREFUSED, HAL_ECONNREFUSED, "nothing listens there"},
    {ECONNRESET, HAL_ECONNRESET, "the link broke"},
    {EPIPE, HAL_ECONNRESET, "the link broke"},
    {ETIMEDOUT, HAL_ETIMEDOUT, "no answer in time"},
    {EHOSTUNREACH, HAL_EHOSTUNREACH, "no route to the host"},
    {ENETUNREACH, HAL_EHOSTUNREACH, "no route to the network"},
    {ENETDOWN, HAL_ENETDOWN, "the network is down"},
    {EADDRNOTAVAIL, HAL_EHOSTUNREACH, "no route to the host"},
};

int32_t socket_error(int system)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].system == system) return errors[i].error;
    return HAL_ECONNRESET;
}

const char *socket_error_text(int32_t error)
{
    if (error == HAL_ENOTFOUND) return "its name does not resolve";
    if (error == HAL_EMFILE) return "no memory is left";
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].error == error) return errors[i].text;
    return "the link failed";
}

int socket_open(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd < 0) return -1;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) return fd;
    (void)close(fd);
    return -1;
}

/* The layer -------------------------------------------------------------------------------------------------------- */

/* It is connected already. */
static int32_t handshake(struct stream *stream)
{
    (void)stream;
    return 1;
}

static int32_t send_bytes(struct stream *stream, const uint8_t *bytes, uint32_t length)
{
    struct socket_stream *self = (struct socket_stream *)stream;
    ssize_t taken;
    do {
        taken = send(self->fd, bytes, length, MSG_NOSIGNAL);
    } while (taken < 0 && errno == EINTR);
    if (taken < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return socket_error(errno);
    self->full = taken < (ssize_t)length;
    return taken < 0 ? 0 : (int32_t)taken;
}

static int32_t receive(struct stream *stream, uint8_t *bytes, uint32_t capacity)
{
    const struct socket_stream *self = (const struct socket_stream *)stream;
    ssize_t length;
    do {
        length = recv(self->fd, bytes, capacity, 0);
    } while (length < 0 && errno == EINTR);
    if (length > 0) return (int32_t)length;
    if (length == 0) return HAL_EPIPE;
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : socket_error(errno);
}

/* The kernel has what was taken. */
static int32_t flush(struct stream *stream)
{
    ((struct socket_stream *)stream)->full = false;
    return 1;
}

static void end(struct stream *stream)
{
    (void)shutdown(((struct socket_stream *)stream)->fd, SHUT_WR);
}

static bool pending(const struct stream *stream)
{
    (void)stream;
    return false;
}

static void release(struct stream *stream)
{
    (void)close(((struct socket_stream *)stream)->fd);
    free(stream);
}

struct stream *socket_stream(int fd)
{
    static const struct stream_type type = {"TCP", handshake, send_bytes, receive, flush, end, pending, release};
    struct socket_stream *self = calloc(1, sizeof *self);
    if (self == NULL) {
        (void)close(fd);
        return NULL;
    }
    self->stream.type = &type;
    self->fd = fd;
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return &self->stream;
}

struct pollfd socket_poll(const struct stream *top, short events)
{
    while (top->below != NULL)
        top = top->below;
    const struct socket_stream *self = (const struct socket_stream *)top;
    return (struct pollfd){.fd = self->fd, .events = (short)(self->full ? events | POLLOUT : events)};
}
