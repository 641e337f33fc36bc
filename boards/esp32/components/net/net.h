/** The links to brokers. board.h has what the node sees of them. */
#ifndef WASMOTE_ESP32_NET_H
#define WASMOTE_ESP32_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

/** Reads the endpoints. The calling task is the one that runs the node. False: there is no memory. */
bool net_init(const struct settings *settings);

/**
 * Waits until a link has something for the node, or for at most `ms` milliseconds.
 *
 * @return whether there was something.
 */
bool net_wait(uint32_t ms);

/** The network's state has changed: every link looks at once. */
void net_look(void);

/** Waits until what closed links had taken is delivered, for at most `ms` milliseconds. */
void net_finish(uint32_t ms);

enum net_broker { NET_BROKER_NONE, NET_BROKER_CONNECTING, NET_BROKER_OPEN };

/** How the best of the node's links stands. May be called on any task. */
enum net_broker net_broker(void);

#endif
