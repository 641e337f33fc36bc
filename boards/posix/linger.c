#include "linger.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monotonic.h"

/* Milliseconds that a peer has to close its side. */
#define LINGER_MS 2000

static struct {
    int socket;
    uint64_t untilMs;
} lingering[LINGER_SOCKETS];

static uint32_t count;

static void end(uint32_t index)
{
    (void)close(lingering[index].socket);
    lingering[index] = lingering[--count];
}

void linger_add(int socket)
{
    if (shutdown(socket, SHUT_WR) != 0) {
        (void)close(socket);
        return;
    }
    /* They are in no order after the first has ended, but one of the oldest is at the front. */
    if (count == LINGER_SOCKETS) end(0);
    lingering[count].socket = socket;
    lingering[count++].untilMs = monotonic_ms() + LINGER_MS;
}

uint32_t linger_polls(struct pollfd *polls)
{
    for (uint32_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){.fd = lingering[i].socket, .events = POLLIN};
    return count;
}

int32_t linger_wait_ms(void)
{
    int64_t least = INT32_MAX;
    uint64_t nowMs = monotonic_ms();
    for (uint32_t i = 0; i < count; i++) {
        int64_t left = (int64_t)(lingering[i].untilMs - nowMs);
        if (left < least) least = left;
    }
    return least > 0 ? (int32_t)least : 0;
}

/* Whether the peer has closed, or the time is over. */
static int is_over(uint32_t index)
{
    char unread[512];
    ssize_t length;
    do {
        length = recv(lingering[index].socket, unread, sizeof unread, 0);
    } while (length > 0 || (length < 0 && errno == EINTR));
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return monotonic_ms() >= lingering[index].untilMs;
    return 1;
}

void linger_turn(void)
{
    for (uint32_t i = count; i > 0; i--)
        if (is_over(i - 1)) end(i - 1);
}
