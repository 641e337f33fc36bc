/**
 * What a board implements: everything that boards/core needs of the hardware or the operating system.
 *
 * One program holds one node, so these are plain functions that the linker resolves. They are called from one thread,
 * the one that calls runner_turn(). None of them blocks, except where it says so. Pointers are valid during the call
 * only: a board copies what it wants to keep. Every pointer and length has been checked against the image.
 *
 * Results are `>= 0` or an `enum hal_error`.
 */
#ifndef WASMOTE_BOARD_H
#define WASMOTE_BOARD_H

#include <stdint.h>

#include "abi.h"

/* Network ---------------------------------------------------------------------------------------------------------- */

/**
 * Begins to connect to a configured endpoint.
 *
 * @return a handle `>= 0`; HAL_ENOENT if no endpoint has that number; HAL_EMFILE if no handle is left. A connection
 *         that fails, even at once, still gets a handle: board_net_state() reports why.
 */
int32_t board_net_open(uint32_t endpoint);

/**
 * @return 0 while connecting, 1 when open, or the error that closed the link; HAL_EBADF if it is not a handle.
 *         A link that the peer ended stays at 1 until everything that had arrived was received, where the board can
 *         tell; board_net_recv() is what always can.
 */
int32_t board_net_state(int32_t handle);

/**
 * Takes bytes to send. A partial write is normal.
 *
 * @return 0 to `length` bytes taken: 0 means that none fit now or that the link is still connecting. Negative: the link
 *         is closed, by this error. HAL_EBADF if it is not a handle.
 */
int32_t board_net_send(int32_t handle, const uint8_t *bytes, uint32_t length);

/**
 * Hands over bytes that have arrived.
 *
 * @return 1 to `capacity` bytes; 0: nothing now (or `capacity` is 0). Negative: the link is closed by this error and
 *         everything that had arrived was handed over; never 0 for a closed link. HAL_EBADF if it is not a handle.
 */
int32_t board_net_recv(int32_t handle, uint8_t *bytes, uint32_t capacity);

/**
 * Gives the handle back. What board_net_send() had taken is still delivered if the link allows it: the board goes on
 * with that in the background.
 *
 * @return 0, or HAL_EBADF.
 */
int32_t board_net_close(int32_t handle);

/** Drops every link at once, as a reset does: the node's image is thrown away, or the node falls asleep. */
void board_net_reset(void);

/* Devices ---------------------------------------------------------------------------------------------------------- */

/**
 * Reads a channel in thousandths of its unit (temperature: millidegrees Celsius).
 *
 * @return 0 and `*value` is set; on an error `*value` is left alone: HAL_ENOENT: no such channel; HAL_EIO: the probe
 *         failed; HAL_EAGAIN: a conversion is still under way.
 */
int32_t board_sensor_read(uint32_t channel, int32_t *value);

/** @return 0; HAL_ENOENT: no such channel; HAL_EINVAL: not a value it takes. */
int32_t board_actuator_write(uint32_t channel, int32_t value);

/* Time and chance -------------------------------------------------------------------------------------------------- */

/** @return 0 and `*unixMs` is set; HAL_EAGAIN, and it is left alone, until the clock is set. */
int32_t board_clock_unix_ms(int64_t *unixMs);

/** 32 random bits. They spread reconnects and are not a source of keys. */
int32_t board_random(void);

/* Configuration, power, diagnostics -------------------------------------------------------------------------------- */

/**
 * Copies a configuration value.
 *
 * @return its length in bytes; HAL_ENOENT: not set; HAL_EOVERFLOW: longer than `capacity`, nothing was copied.
 */
int32_t board_config_get(const uint8_t *key, uint32_t keyLength, uint8_t *value, uint32_t capacity);

/**
 * @return a number that differs where anything that board_config_get() answers differs (a CRC-32 of it all will do): an
 * image is resumed only under the configuration that it was set up with.
 */
uint32_t board_config_id(void);

/**
 * Asks whether the node may sleep for `ms` milliseconds when this step has returned.
 *
 * @return 0: the runner ends the links, and runner_turn() returns how long the board may power down. HAL_ENOTSUP: not
 * on this board, and nothing changes.
 */
int32_t board_deep_sleep(uint32_t ms);

/** One line of text from the module; not NUL-terminated, any bytes. `level` is 0 to 3, an enum hal_level. */
int32_t board_log(uint32_t level, const uint8_t *text, uint32_t length);

/* Storage: these are called between steps and may block ------------------------------------------------------------ */

/** How many slots there are for checkpoints: 0, this board keeps no images, or 2 and more. More spread the wear. */
uint32_t board_slots(void);

/** Bytes that each slot holds. */
uint32_t board_slot_bytes(void);

/** Copies bytes out of a slot; `offset + length` is at most board_slot_bytes(). @return 0, or HAL_EIO. */
int32_t board_slot_read(uint32_t slot, uint32_t offset, uint8_t *bytes, uint32_t length);

/**
 * Replaces what a slot holds by `head` and then `body`, at most board_slot_bytes() together. It is durable when this
 * returns. A power cut in the middle may leave anything in this slot, and nothing else in any other.
 *
 * @return 0, or HAL_EIO.
 */
int32_t board_slot_write(uint32_t slot, const uint8_t *head, uint32_t headLength, const uint8_t *body,
                         uint32_t bodyLength);

/* From the core to the board --------------------------------------------------------------------------------------- */

/** The node trapped. It restarts in `restartMs` milliseconds, from a checkpoint or with a fresh image. `trap` is a
 * NUL-terminated name. */
void board_trapped(const char *trap, uint32_t restartMs);

/** A line for the log on what becomes of the node: NUL-terminated, of at most 127 bytes. */
void board_said(enum hal_level level, const char *line);

/**
 * The module is about to run, or has returned. Between the two the watchdog must be on: nothing else ends a module that
 * loops. When it fires, the board resets.
 */
void board_watchdog_start(void);
void board_watchdog_stop(void);

#endif
