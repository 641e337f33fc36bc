/**
 * Records what a node does, in memory of one size: the newest part of its trace. Two segments take turns. Each begins
 * with the image as it is then, so that the one before can go as a whole:
 *
 *     older:  image, call, call, ... call
 *     newer:  image, call, call, ...
 *
 * Everything is called by the thread that runs the node, but for recorder_hung().
 */
#ifndef WASMOTE_TRACE_RECORDER_H
#define WASMOTE_TRACE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "metadata.h"
#include "observe.h"
#include "secrets.h"
#include "trace_format.h"

/** Bytes of a trace. */
struct recorder_piece {
    const uint8_t *bytes;
    uint32_t length;
};

/** Pieces of a history, in their order; some may be empty. */
#define RECORDER_PIECES 3

/** Allocates all that it ever uses. `secrets` must outlive it. False: there is no memory for it. */
bool recorder_init(const struct metadata *metadata, const struct secrets *secrets);

/** Writes the header of the node's traces. `unixMs`: the time, 0 where no clock tells. */
void recorder_header(const struct metadata *metadata, int64_t unixMs, uint8_t header[TRACE_HEADER_BYTES]);

/** The node is about to be called, with this image. */
void recorder_call(enum observe_export number, const uint8_t *image, uint32_t nowMs, uint32_t sleptMs);

/** The node calls the board: the key of `config_get` is looked at before the value may be written over it. */
void recorder_key(const struct observe_import *call);

/** The node has called the board. `result` NULL: the call ended in it. */
void recorder_import(const struct observe_import *call, const int32_t *result);

/** The call has returned. */
void recorder_returned(const uint8_t *image, uint32_t waitMs);

/** The call has trapped. `image` is NULL where there is none any more. */
void recorder_trapped(enum trace_trap reason, const uint8_t *image);

/** What was recorded since this was asked last, whole frames only. */
struct recorder_piece recorder_take_new(void);

/** The newest part of the trace. Valid until the next call into the node. */
void recorder_history(struct recorder_piece pieces[RECORDER_PIECES]);

/**
 * The same for a node whose call does not return, from another thread: the call ends in what was recorded of it. False:
 * it recorded too much. `sinceTaken`: only what recorder_take_new() has not given.
 */
bool recorder_hung(struct recorder_piece pieces[RECORDER_PIECES], bool sinceTaken);

#endif
