/**
 * Reads a trace: a pure function over bytes of which nothing is trusted. A frame is checked whole, its CRC too, before
 * anything of it is used.
 */
#ifndef WASMOTE_TRACE_READER_H
#define WASMOTE_TRACE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "metadata.h"
#include "trace_format.h"

struct trace_header {
    uint16_t abiVersion;
    uint32_t layoutId;
    uint8_t buildId[METADATA_BUILD_ID_BYTES];
    uint32_t imageSize;
};

enum trace_status {
    TRACE_OK,
    /** There is nothing more. */
    TRACE_END,
    /** The trace ends in the middle: of a frame, of which what came before it is good. */
    TRACE_CUT_OFF,
    /** `what` and `offset` of the trace say how and where it breaks the format. */
    TRACE_DAMAGED,
};

/** Records within a frame that was checked. */
struct trace_cursor {
    const uint8_t *next;
    const uint8_t *end;
    enum trace_status status;
};

enum trace_end { TRACE_END_RETURNED, TRACE_END_TRAPPED, TRACE_END_CUT, TRACE_END_HUNG, TRACE_END_OPEN };

struct trace_frame {
    /** Whether it is a call, or else the image that the node is from here on. */
    bool isCall;
    uint32_t offset;
    /** Of an image: NULL is the module's own, before setup(). */
    const uint8_t *image;
    /** Of a call, an export's number. */
    uint8_t number;
    uint32_t nowMs;
    uint32_t sleptMs;
    struct trace_cursor imports;
    uint32_t importCount;
    /** TRACE_END_OPEN: the trace was cut off in the middle of the call. */
    enum trace_end end;
    uint32_t waitMs;
    uint8_t reason;
    /** Bytes of the image that the call has changed; of an image, where parts of secrets are. */
    struct trace_cursor runs;
};

struct trace_import_record {
    uint32_t number;
    uint32_t parameters[TRACE_PARAMETERS];
    /** False: the call of the export ended in it, and `result` means nothing. */
    bool hasResult;
    int32_t result;
    const uint8_t *handed;
    uint32_t handedLength;
};

struct trace_run {
    uint32_t start;
    uint32_t length;
    /** NULL where a part of a secret is. */
    const uint8_t *bytes;
};

struct trace {
    const uint8_t *bytes;
    uint32_t length;
    struct trace_header header;
    /** Of what is read next, or of what is damaged. */
    uint32_t offset;
    /** Static text; what is wrong with a trace that is damaged. */
    const char *what;
    uint32_t nowMs;
    bool hasImage;
    bool isFresh;
};

/** Reads the header. `bytes` must outlive the trace. @return false: it is no trace of this version; `what` says why. */
bool trace_open(struct trace *trace, const uint8_t *bytes, uint32_t length);

/**
 * Reads the next frame. TRACE_OK: it is whole. TRACE_CUT_OFF: it is the last; if `isCall` and `offset` are set by it,
 * its whole records are in `imports`, which no CRC covers, and its end is TRACE_END_OPEN; else `frame` is all zeros.
 */
enum trace_status trace_next(struct trace *trace, struct trace_frame *frame);

/** Takes the next import of a frame that trace_next() gave; there must be one. */
struct trace_import_record trace_take_import(struct trace_cursor *imports);

/** Takes the next run. `end` is where the run before it ended, 0 at first. @return false: there is none left. */
bool trace_take_run(struct trace_cursor *runs, uint32_t *end, struct trace_run *run);

#endif
