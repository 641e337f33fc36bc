/** The benchmark's board: a broker that answers at once, inside the process. */
#ifndef WASMOTE_NULL_H
#define WASMOTE_NULL_H

#include <stdint.h>

/** QoS 1 and 2 publishes that the node has sent since the start. */
extern uint32_t nullPublishes;

/**
 * Lets what the broker has answered arrive, so that the node finds it in its next step and not in the one that asked,
 * as on a real link. @return whether anything arrived.
 */
int null_deliver(void);

#endif
