/**
 * The watchdog of a PC: a module that does not return within WATCHDOG_MS is reported, and the device resets.
 *
 * wasm3 has no fuel, so nothing inside the process can end a module that loops. A device's watchdog resets the whole
 * chip whatever state it is in; what comes nearest here is to replace the process by itself: memory is fresh, and the
 * kernel ends every link without a good-bye, so the broker publishes the will as it would for a device. It is a thread,
 * not SIGALRM: a signal would also interrupt poll() once a second, and its handler could do less.
 */
#ifndef WASMOTE_POSIX_WATCHDOG_H
#define WASMOTE_POSIX_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/** Milliseconds that one call into the module may take: what an ESP32's task watchdog gives. */
#define WATCHDOG_MS 5000

/** Resets without RUNNER_HEALTHY_MS of normal life between them after which the program gives up. */
#define WATCHDOG_MAX_RESETS 8

/** Starts the thread. `argv` is what the program is started again with. False: there is no thread. */
bool watchdog_init(char **argv);

/** Milliseconds to wait before the node starts, 0 if this is not a start after a reset; doubles with each. */
uint32_t watchdog_backoff_ms(void);

/** Whether the resets come so close together that the image itself may be why. */
bool watchdog_is_repeated(void);

/** The node has lived normally for long enough: the next reset counts as the first. */
void watchdog_forgive(void);

/** From now on a reset is the end of the program: it was asked to end. May be called from a signal handler. */
void watchdog_let_die(void);

/**
 * Says when the program ends by itself, on the monotonic clock; UINT64_MAX: never. @return the same, or what was said
 * before the reset.
 */
uint64_t watchdog_end_at(uint64_t endMs);

#endif
