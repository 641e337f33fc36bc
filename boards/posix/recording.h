/**
 * What becomes of the node's trace: all of it goes to the file of --trace, and its newest part to another when the node
 * traps or hangs. Both are for their owner alone.
 */
#ifndef WASMOTE_POSIX_RECORDING_H
#define WASMOTE_POSIX_RECORDING_H

#include <stdbool.h>
#include <stddef.h>

#include "node.h"
#include "options.h"

/**
 * Begins to record a node that is loaded, under these options. A configuration that can't be kept out of a trace is no
 * error where only a trap would leave one: then nothing is recorded, and the log says so.
 *
 * @return NULL, or what is wrong, in `text`.
 */
const char *recording_init(const struct options *options, const struct node *node, char *text, size_t capacity);

/** The node has trapped. */
void recording_trapped(void);

/** The node does not return, and the device is about to reset. From the watchdog's thread. */
void recording_hung(void);

#endif
