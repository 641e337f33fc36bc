/**
 * One link, shared by two tasks: the node's (links.c) asks, a task of the link's own (link_task.c) does what blocks.
 *
 *            node's task                              link's task
 *     board_net_send() --> bytesOut ------------> transport_send()
 *     board_net_recv() <-- bytesIn <------------- transport_recv()
 *     order, wake      ------------------------->
 *                      <------------------------- state, error, net_tell()
 *
 * Each stream buffer has one writer and one reader, so neither needs a lock. The link's task ends with the link.
 */
#ifndef WASMOTE_ESP32_LINK_H
#define WASMOTE_ESP32_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "freertos/FreeRTOS.h"
#include "freertos/stream_buffer.h"

#include "endpoints.h"

/** Bytes that wait in each direction. A node's packets are small, and partial writes are normal. */
#define LINK_BUFFER_BYTES 512

enum link_state {
    LINK_CONNECTING,
    LINK_OPEN,
    /** Over, by `error`. What had arrived can still be received. */
    LINK_CLOSED,
};

enum link_order {
    LINK_RUN,
    /** Deliver what was taken, say good-bye, end. */
    LINK_FINISH,
    /** End now. */
    LINK_DROP,
};

struct link {
    /** The node has its handle. Only the node's task looks at it. */
    bool held;
    /** The link's task is alive, and the link can't be used for another. */
    atomic_bool running;
    _Atomic enum link_state state;
    _Atomic enum link_order order;
    atomic_int error;
    const struct endpoint *endpoint;
    /** An eventfd that ends the link's task's wait. */
    int wake;
    StreamBufferHandle_t bytesOut;
    StreamBufferHandle_t bytesIn;
    /** board_net_send() could not take everything: the node wants to hear when there is room. */
    atomic_bool full;
};

/** Starts the link's task. False: there is no memory. */
bool link_start(struct link *link);

/** Ends the link's task's wait. */
void link_wake(struct link *link);

/** Ends net_wait(). */
void net_tell(void);

#endif
