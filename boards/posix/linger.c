#include "linger.h"

#include <errno.h>
#include <sys/socket.h>

#include "monotonic.h"
#include "socket.h"

/* Milliseconds for the last bytes to leave, and for the peer to close its side. */
#define LINGER_MS 2000

static struct {
    struct stream *top;
    /* The layer that says its good-bye next; NULL: all have. */
    struct stream *layer;
    uint64_t untilMs;
} lingering[LINGER_LINKS];

static uint32_t count;

static void end(uint32_t index)
{
    stream_release(lingering[index].top);
    lingering[index] = lingering[--count];
}

/* A layer's good-bye may follow only what the layers above it have sent. False: the link is broken. */
static bool say_goodbye(uint32_t index)
{
    for (;;) {
        struct stream *layer = lingering[index].layer;
        if (layer == NULL) return true;
        int32_t flushed = stream_flush(lingering[index].top);
        if (flushed <= 0) return flushed == 0;
        layer->type->end(layer);
        lingering[index].layer = layer->below;
    }
}

void linger_add(struct stream *top)
{
    /* They are in no order after the first has ended, but one of the oldest is at the front. */
    if (count == LINGER_LINKS) end(0);
    lingering[count].top = lingering[count].layer = top;
    lingering[count++].untilMs = monotonic_ms() + LINGER_MS;
    if (!say_goodbye(count - 1)) end(count - 1);
}

uint32_t linger_polls(struct pollfd *polls)
{
    for (uint32_t i = 0; i < count; i++)
        polls[i] = socket_poll(lingering[i].top, POLLIN);
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

/* Whether the peer has closed, or the time is over. What still comes is of no use to anyone: no layer looks at it. */
static bool is_over(uint32_t index)
{
    char unread[512];
    int fd = socket_poll(lingering[index].top, 0).fd;
    ssize_t length;
    do {
        length = recv(fd, unread, sizeof unread, 0);
    } while (length > 0 || (length < 0 && errno == EINTR));
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return monotonic_ms() >= lingering[index].untilMs;
    return true;
}

void linger_turn(void)
{
    for (uint32_t i = count; i > 0; i--)
        if (!say_goodbye(i - 1) || is_over(i - 1)) end(i - 1);
}

void linger_finish(void)
{
    while (count > 0)
        end(count - 1);
}
