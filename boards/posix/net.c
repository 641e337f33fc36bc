#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi.h"
#include "board.h"
#include "linger.h"
#include "log.h"
#include "monotonic.h"
#include "resolver.h"

#ifndef MSG_NOSIGNAL
/* macOS has none; the program ignores SIGPIPE. */
#define MSG_NOSIGNAL 0
#endif

#define LINKS 4

enum link_state {
    LINK_FREE,
    LINK_RESOLVING,
    LINK_CONNECTING,
    LINK_OPEN,
    /* Sending failed: what had arrived before can still be received. */
    LINK_BROKEN,
    LINK_CLOSED,
};

struct link {
    enum link_state state;
    const struct endpoint *endpoint;
    /* In LINK_CONNECTING, LINK_OPEN and LINK_BROKEN. */
    int socket;
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
    /* net_send() could not take everything. */
    bool full;
};

static struct link links[LINKS];
static const struct endpoint *configured;
static size_t configuredCount;
static int wakePipe[2];

/* Errors ----------------------------------------------------------------------------------------------------------- */

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

static int32_t error_of(int system)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].system == system) return errors[i].error;
    return HAL_ECONNRESET;
}

static const char *text_of(int32_t error)
{
    if (error == HAL_ENOTFOUND) return "its name does not resolve";
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].error == error) return errors[i].text;
    return "the link failed";
}

/* Connecting ------------------------------------------------------------------------------------------------------- */

static void release(struct link *link)
{
    if (link->resolution != NULL) resolver_abandon(link->resolution);
    if (link->addresses != NULL) freeaddrinfo(link->addresses);
    if (link->socket >= 0) (void)close(link->socket);
    link->resolution = NULL;
    link->addresses = link->next = NULL;
    link->socket = -1;
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
    log_line(HAL_LOG_WARNING, "no connection to %s: %s", link->endpoint->url, text_of(error));
    close_by(link, error);
}

static void become_open(struct link *link)
{
    int on = 1;
    (void)setsockopt(link->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    freeaddrinfo(link->addresses);
    link->addresses = link->next = NULL;
    link->state = LINK_OPEN;
    link->news = true;
    log_line(HAL_LOG_INFO, "connected to %s", link->endpoint->url);
}

/* A non-blocking socket that no other program inherits. */
static int open_socket(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd < 0) return -1;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) return fd;
    (void)close(fd);
    return -1;
}

/* Tries the addresses that are left until one is under way or open; `error` is why the last one was not. */
static void connect_next(struct link *link, int32_t error)
{
    for (; link->next != NULL; link->next = link->next->ai_next) {
        if (link->socket >= 0) (void)close(link->socket);
        link->socket = open_socket(link->next);
        if (link->socket < 0) {
            error = error_of(errno);
            continue;
        }
        link->state = LINK_CONNECTING;
        int result = connect(link->socket, link->next->ai_addr, link->next->ai_addrlen);
        if (result == 0 || errno == EINPROGRESS || errno == EINTR) {
            link->next = link->next->ai_next;
            if (result == 0) become_open(link);
            return;
        }
        error = error_of(errno);
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
        become_open(link);
    } else {
        connect_next(link, error_of(error));
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
    ssize_t taken;
    do {
        taken = send(link->socket, bytes, length, MSG_NOSIGNAL);
    } while (taken < 0 && errno == EINTR);
    if (taken < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
        link->state = LINK_BROKEN;
        link->error = error_of(errno);
        return link->error;
    }
    link->full = taken < (ssize_t)length;
    return taken < 0 ? 0 : (int32_t)taken;
}

static int32_t lose(struct link *link, int32_t error)
{
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
    ssize_t length;
    do {
        length = recv(link->socket, bytes, capacity, 0);
    } while (length < 0 && errno == EINTR);
    if (length > 0) return (int32_t)length;
    if (link->state == LINK_BROKEN) return lose(link, link->error);
    if (length == 0) return lose(link, HAL_EPIPE);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    return lose(link, error_of(errno));
}

int32_t board_net_close(int32_t handle)
{
    struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    if (link->state == LINK_OPEN) {
        linger_add(link->socket);
        link->socket = -1;
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
        any = any || (link->state != LINK_FREE && link->news);
        link->news = false;
    }
    return any;
}

/* The sockets that the node waits for, and whose they are. */
static nfds_t link_polls(struct pollfd *polls, struct link **owners)
{
    nfds_t count = 0;
    for (size_t i = 0; i < LINKS; i++) {
        struct link *link = &links[i];
        short events = 0;
        if (link->state == LINK_CONNECTING) events = POLLOUT;
        if (link->state == LINK_OPEN && !link->told) events = link->full ? POLLIN | POLLOUT : POLLIN;
        if (events == 0) continue;
        owners[count] = link;
        polls[count++] = (struct pollfd){.fd = link->socket, .events = events};
    }
    return count;
}

static void take_event(struct link *link)
{
    if (link->state == LINK_CONNECTING) {
        finish_connecting(link);
        return;
    }
    link->told = true;
    link->full = false;
}

/* Waits once. @return whether a link of the node has something for it, or net_wake() was called. */
static bool wait_once(uint32_t ms)
{
    struct pollfd polls[1 + LINKS + LINGER_SOCKETS] = {{.fd = wakePipe[0], .events = POLLIN}};
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
        if (polls[1 + i].revents == 0) continue;
        take_event(owners[i]);
        told = told || owners[i]->told;
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
    struct pollfd polls[LINGER_SOCKETS];
    uint64_t untilMs = monotonic_ms() + ms;
    for (uint64_t nowMs = monotonic_ms(); nowMs < untilMs; nowMs = monotonic_ms()) {
        nfds_t count = linger_polls(polls);
        if (count == 0) return;
        (void)poll(polls, count, (int)(untilMs - nowMs));
        linger_turn();
    }
}
