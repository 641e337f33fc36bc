#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi.h"
#include "board.h"
#include "linger.h"
#include "log.h"
#include "monotonic.h"
#include "resolver.h"
#include "socket.h"
#include "transport.h"

#define LINKS 4

enum link_state {
    LINK_FREE,
    LINK_RESOLVING,
    LINK_CONNECTING,
    /* The socket is connected, its layers are not. */
    LINK_HANDSHAKING,
    LINK_OPEN,
    /* Sending failed: what had arrived before can still be received. */
    LINK_BROKEN,
    LINK_CLOSED,
};

struct link {
    enum link_state state;
    const struct endpoint *endpoint;
    /* In LINK_CONNECTING; else -1. */
    int socket;
    /* In LINK_HANDSHAKING, LINK_OPEN and LINK_BROKEN; else NULL. */
    struct stream *stream;
    /* Why it is broken or closed. */
    int32_t error;
    struct resolution *resolution;
    /* In LINK_CONNECTING: all of them, and the one that is tried after this. */
    struct addrinfo *addresses;
    struct addrinfo *next;
    /* The state has changed and net_wait() has not said so yet. */
    bool news;
    /* net_wait() has said that it is ready, and the node has neither received nor sent: it would say so forever. */
    bool told;
    /* board_net_send() could not take everything. */
    bool full;
};

static struct link links[LINKS];
static const struct endpoint *configured;
static size_t configuredCount;
static int wakePipe[2];

/* Connecting ------------------------------------------------------------------------------------------------------- */

static void release(struct link *link)
{
    if (link->resolution != NULL) resolver_abandon(link->resolution);
    if (link->addresses != NULL) freeaddrinfo(link->addresses);
    if (link->socket >= 0) (void)close(link->socket);
    stream_release(link->stream);
    link->resolution = NULL;
    link->addresses = link->next = NULL;
    link->socket = -1;
    link->stream = NULL;
}

static void close_by(struct link *link, int32_t error)
{
    release(link);
    link->state = LINK_CLOSED;
    link->error = error;
    link->news = true;
}

static void fail_to_connect(struct link *link, int32_t error)
{
    const struct stream *failed = stream_failed(link->stream);
    if (failed != NULL) {
        log_line(HAL_LOG_WARNING, "no connection to %s: %s handshake failed: %s", link->endpoint->label,
                 failed->type->name, failed->why);
    } else {
        log_line(HAL_LOG_WARNING, "no connection to %s: %s", link->endpoint->label, socket_error_text(error));
    }
    close_by(link, error);
}

static void go_on_with_handshake(struct link *link)
{
    int32_t result = stream_handshake(link->stream);
    if (result < 0) {
        fail_to_connect(link, result);
    } else if (result > 0) {
        link->state = LINK_OPEN;
        link->news = true;
        log_line(HAL_LOG_INFO, "connected to %s", link->endpoint->label);
    }
}

static void become_connected(struct link *link)
{
    freeaddrinfo(link->addresses);
    link->addresses = link->next = NULL;
    link->stream = transport_open(link->endpoint, link->socket);
    link->socket = -1;
    if (link->stream == NULL) {
        fail_to_connect(link, HAL_EMFILE);
        return;
    }
    link->state = LINK_HANDSHAKING;
    go_on_with_handshake(link);
}

/* Tries the addresses that are left until one is under way or open; `error` is why the last one was not. */
static void connect_next(struct link *link, int32_t error)
{
    for (; link->next != NULL; link->next = link->next->ai_next) {
        if (link->socket >= 0) (void)close(link->socket);
        link->socket = socket_open(link->next);
        if (link->socket < 0) {
            error = socket_error(errno);
            continue;
        }
        link->state = LINK_CONNECTING;
        int result = connect(link->socket, link->next->ai_addr, link->next->ai_addrlen);
        if (result == 0 || errno == EINPROGRESS || errno == EINTR) {
            link->next = link->next->ai_next;
            if (result == 0) become_connected(link);
            return;
        }
        error = socket_error(errno);
    }
    fail_to_connect(link, error);
}

static void connect_to(struct link *link, struct addrinfo *addresses)
{
    link->addresses = link->next = addresses;
    connect_next(link, HAL_ENOTFOUND);
}

static void finish_connecting(struct link *link)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error == 0) {
        become_connected(link);
    } else {
        connect_next(link, socket_error(error));
    }
}

/* board.h ---------------------------------------------------------------------------------------------------------- */

static struct link *find(int32_t handle)
{
    if (handle < 0 || handle >= LINKS || links[handle].state == LINK_FREE) return NULL;
    return &links[handle];
}

int32_t board_net_open(uint32_t endpoint)
{
    if (endpoint >= configuredCount) return HAL_ENOENT;
    int32_t handle = 0;
    while (handle < LINKS && links[handle].state != LINK_FREE)
        handle++;
    if (handle == LINKS) return HAL_EMFILE;
    struct link *link = &links[handle];
    *link = (struct link){.endpoint = &configured[endpoint], .socket = -1, .state = LINK_RESOLVING};
    struct addrinfo *addresses = resolver_numeric(link->endpoint);
    if (addresses != NULL) {
        connect_to(link, addresses);
        return handle;
    }
    link->resolution = resolver_start(link->endpoint, net_wake);
    if (link->resolution == NULL) fail_to_connect(link, HAL_ENOTFOUND);
    return handle;
}

int32_t board_net_state(int32_t handle)
{
    const struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    if (link->state == LINK_OPEN) return 1;
    return link->state == LINK_BROKEN || link->state == LINK_CLOSED ? link->error : 0;
}

int32_t board_net_send(int32_t handle, const uint8_t *bytes, uint32_t length)
{
    struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    link->told = false;
    if (link->state == LINK_BROKEN || link->state == LINK_CLOSED) return link->error;
    if (link->state != LINK_OPEN || length == 0) return 0;
    int32_t taken = stream_send(link->stream, bytes, length);
    if (taken < 0) {
        link->state = LINK_BROKEN;
        link->error = taken;
        return taken;
    }
    link->full = (uint32_t)taken < length;
    return taken;
}

static int32_t lose(struct link *link, int32_t error)
{
    const struct stream *failed = stream_failed(link->stream);
    if (failed != NULL) log_line(HAL_LOG_WARNING, "lost the connection to %s: %s", link->endpoint->label, failed->why);
    close_by(link, error);
    /* The node hears it now. */
    link->news = false;
    return error;
}

int32_t board_net_recv(int32_t handle, uint8_t *bytes, uint32_t capacity)
{
    struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    link->told = false;
    if (link->state == LINK_CLOSED) return link->error;
    if ((link->state != LINK_OPEN && link->state != LINK_BROKEN) || capacity == 0) return 0;
    int32_t length = stream_recv(link->stream, bytes, capacity);
    if (length > 0) return length;
    if (link->state == LINK_BROKEN) return lose(link, link->error);
    return length < 0 ? lose(link, length) : 0;
}

int32_t board_net_close(int32_t handle)
{
    struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    if (link->state == LINK_OPEN) {
        linger_add(link->stream);
        link->stream = NULL;
    }
    release(link);
    link->state = LINK_FREE;
    return 0;
}

void board_net_reset(void)
{
    for (size_t i = 0; i < LINKS; i++) {
        if (links[i].state == LINK_FREE) continue;
        release(&links[i]);
        links[i].state = LINK_FREE;
    }
}

/* Waiting ---------------------------------------------------------------------------------------------------------- */

bool net_init(const struct endpoint *endpoints, size_t count)
{
    configured = endpoints;
    configuredCount = count;
    if (pipe(wakePipe) != 0) return false;
    for (int i = 0; i < 2; i++)
        if (fcntl(wakePipe[i], F_SETFL, O_NONBLOCK) != 0 || fcntl(wakePipe[i], F_SETFD, FD_CLOEXEC) != 0) return false;
    return true;
}

void net_wake(void)
{
    int saved = errno;
    /* A full pipe wakes as well as one byte more. */
    ssize_t ignored = write(wakePipe[1], "", 1);
    (void)ignored;
    errno = saved;
}

static bool take_news(void)
{
    bool any = false;
    for (size_t i = 0; i < LINKS; i++) {
        struct link *link = &links[i];
        struct addrinfo *addresses = NULL;
        if (link->state == LINK_RESOLVING && link->resolution != NULL && resolver_take(link->resolution, &addresses)) {
            link->resolution = NULL;
            connect_to(link, addresses);
        }
        /* poll() does not know of bytes that a layer holds. */
        bool ready = link->state == LINK_OPEN && !link->told && stream_pending(link->stream);
        link->told = link->told || ready;
        any = any || ready || (link->state != LINK_FREE && link->news);
        link->news = false;
    }
    return any;
}

/* The sockets that links wait for, and whose they are. */
static nfds_t link_polls(struct pollfd *polls, struct link **owners)
{
    nfds_t count = 0;
    for (size_t i = 0; i < LINKS; i++) {
        struct link *link = &links[i];
        struct pollfd wanted = {.events = 0};
        if (link->state == LINK_CONNECTING) wanted = (struct pollfd){.fd = link->socket, .events = POLLOUT};
        if (link->state == LINK_HANDSHAKING) wanted = socket_poll(link->stream, POLLIN);
        if (link->state == LINK_OPEN) wanted = socket_poll(link->stream, link->told ? 0 : POLLIN);
        if (wanted.events == 0) continue;
        owners[count] = link;
        polls[count++] = wanted;
    }
    return count;
}

/* What the layers hold goes first: only when that is gone is there room for the node's bytes. */
static void go_on_sending(struct link *link)
{
    int32_t flushed = stream_flush(link->stream);
    if (flushed < 0) {
        link->state = LINK_BROKEN;
        link->error = flushed;
        link->news = true;
    } else if (flushed > 0 && link->full) {
        link->full = false;
        link->told = true;
    }
}

/* @return whether the node has reason to look. */
static bool take_event(struct link *link, short events)
{
    if (link->state == LINK_CONNECTING) {
        finish_connecting(link);
        return false;
    }
    if (link->state == LINK_HANDSHAKING) {
        go_on_with_handshake(link);
        return false;
    }
    bool before = link->told;
    if ((events & ~POLLIN) != 0) go_on_sending(link);
    if ((events & ~POLLOUT) != 0) link->told = true;
    return link->told && !before;
}

/* Waits once. @return whether a link of the node has something for it, or net_wake() was called. */
static bool wait_once(uint32_t ms)
{
    struct pollfd polls[1 + LINKS + LINGER_LINKS] = {{.fd = wakePipe[0], .events = POLLIN}};
    struct link *owners[LINKS];
    nfds_t count = link_polls(polls + 1, owners);
    nfds_t total = 1 + count + linger_polls(polls + 1 + count);
    int32_t timeout = linger_wait_ms();
    if (ms < (uint32_t)timeout) timeout = (int32_t)ms;
    if (poll(polls, total, timeout) < 0) return true;
    char bytes[64];
    bool woken = false;
    while (read(wakePipe[0], bytes, sizeof bytes) > 0)
        woken = true;
    bool told = false;
    for (nfds_t i = 0; i < count; i++) {
        if (polls[1 + i].revents != 0 && take_event(owners[i], polls[1 + i].revents)) told = true;
    }
    linger_turn();
    return take_news() || told || woken;
}

void net_wait(uint32_t ms)
{
    if (take_news()) return;
    uint64_t untilMs = monotonic_ms() + ms;
    for (;;) {
        uint64_t nowMs = monotonic_ms();
        uint64_t left = nowMs < untilMs ? untilMs - nowMs : 0;
        if (wait_once((uint32_t)left) || left == 0) return;
    }
}

void net_finish(uint32_t ms)
{
    struct pollfd polls[LINGER_LINKS];
    uint64_t untilMs = monotonic_ms() + ms;
    for (uint64_t nowMs = monotonic_ms(); nowMs < untilMs; nowMs = monotonic_ms()) {
        nfds_t count = linger_polls(polls);
        if (count == 0) break;
        (void)poll(polls, count, (int)(untilMs - nowMs));
        linger_turn();
    }
    linger_finish();
    board_net_reset();
}
