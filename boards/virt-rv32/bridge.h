/** The conversation with the bridge over the serial port: README.md lists its messages. */
#ifndef WASMOTE_BRIDGE_H
#define WASMOTE_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

/** The version that HELLO names. */
#define BRIDGE_VERSION 1

/** Types of frames. */
enum bridge_message {
    /* Both ways. */
    BRIDGE_DATA = 0x01,
    BRIDGE_CREDIT = 0x02,
    BRIDGE_LOST = 0x03,
    /* From the board. */
    BRIDGE_HELLO = 0x10,
    BRIDGE_LOG = 0x11,
    BRIDGE_OPEN = 0x12,
    BRIDGE_CLOSE = 0x13,
    BRIDGE_RESET = 0x14,
    BRIDGE_SENSE = 0x15,
    /* To the board. */
    BRIDGE_CONFIG = 0x20,
    BRIDGE_START = 0x21,
    BRIDGE_STATE = 0x22,
    BRIDGE_SENSED = 0x23,
    BRIDGE_STOP = 0x24,
};

/** Sets up the port, says HELLO, and waits until the bridge has handed over the configuration. */
void bridge_init(void);

/** Handles what has arrived. @return whether there is anything that the node should look at. */
bool bridge_poll(void);

/** The bridge has asked for the node's leave. */
bool bridge_stopping(void);

/** Waits until there is something to poll, at the longest until `untilMs` of clock.h. */
void bridge_wait(uint64_t untilMs);

/** Sends a frame: `head` and then `bytes`, at most FRAME_PAYLOAD_BYTES together. */
void bridge_send(enum bridge_message type, const uint8_t *head, uint32_t headLength, const uint8_t *bytes,
                 uint32_t length);

/** How many bytes of DATA can be sent now without waiting for the port. */
uint32_t bridge_room(void);

/** Sends a line of the log; a longer one than a frame holds is cut. `level` is an enum hal_level. */
void bridge_log(uint32_t level, const char *text, uint32_t length);

/** Gives up the frame that may be half sent: what calls this has interrupted everything, and nothing goes on. */
void bridge_interrupt(void);

/** Waits until the port has taken everything. */
void bridge_flush(void);

#endif
