/** The lines of a replay, which host/trace/replay-wasm3.ts reads: README.md has them. */
#ifndef WASMOTE_REPLAY_REPORT_H
#define WASMOTE_REPLAY_REPORT_H

#include "observe.h"
#include "replay.h"

/** Longest text of an import with its parameters. */
#define REPORT_IMPORT_BYTES 80

void report_start(void);
void report_call(void);

/** The import that `replay.record` is; `call` has the module's pointers. */
void report_import(const struct observe_import *call);

/** How the call ended: `replay.outcome`. */
void report_end(void);

/** The replay is over, by a difference or without one. */
void report_done(void);

/** Import number `made` is `got` and not `expected`. Only the first difference of a replay is written. */
void report_other_import(const char *got, const char *expected);

/** The call has ended otherwise. */
void report_other_end(struct replay_outcome expected);

/** `count` bytes of the image are others, the first at `at`. */
void report_other_image(uint32_t at, uint8_t expected, uint8_t got, uint32_t count);

/** `parameters` are those that a trace has. */
void report_name(char text[REPORT_IMPORT_BYTES], uint32_t number, const uint32_t *parameters);

#endif
