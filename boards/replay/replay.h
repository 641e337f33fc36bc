/** The state of a replay, which the trace sets and the node's calls use up. */
#ifndef WASMOTE_REPLAY_H
#define WASMOTE_REPLAY_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "trace_reader.h"

#define REPLAY_IMAGE_BYTES 65536

/** How a call of an export ended, or is to end: an enum trace_end, and what belongs to it. */
struct replay_outcome {
    enum trace_end end;
    uint32_t waitMs;
    uint8_t reason;
};

struct replay {
    /** Lines for each thing that happens. */
    bool events;
    struct trace trace;
    struct trace_frame frame;
    /** Those of the frame that have not been made yet, and how many were. */
    struct trace_cursor imports;
    uint32_t made;
    /** The import that is being made. */
    struct trace_import_record record;
    /** A host call has ended the call of the export, or went past what was recorded. */
    bool stopped;
    /** A line that says how the replay is not what was recorded was written. */
    bool differs;
    /** The trace was cut off, at `trace.offset`. */
    bool cutOff;
    uint32_t calls;
    uint32_t steps;
    struct replay_outcome outcome;
    /** Where a call goes that the watchdog ends. */
    sigjmp_buf watchdog;
    /** The image as the trace has it, and where a part of a secret is. */
    uint8_t expected[REPLAY_IMAGE_BYTES];
    bool hidden[REPLAY_IMAGE_BYTES];
};

extern struct replay replay;

#endif
