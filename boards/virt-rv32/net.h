/** The links, which the bridge has at its other end: board_net_open() and so on, and what the bridge says of them. */
#ifndef WASMOTE_NET_H
#define WASMOTE_NET_H

#include <stdint.h>

/** Bytes of a link's number, which comes first in every message about it. */
#define NET_LINK_BYTES 2

/** A payload of DATA, CREDIT or STATE has arrived: any bytes. */
void net_take_data(const uint8_t *payload, uint32_t length);
void net_take_credit(const uint8_t *payload, uint32_t length);
void net_take_state(const uint8_t *payload, uint32_t length);

/** Frames were lost: no link can be trusted to have all of its bytes. */
void net_lost(void);

#endif
