/**
 * Somebody who sees every call between the board and the module: a recorder, or a replay. It is compiled in with
 * WASMOTE_OBSERVE=1 alone, and the board then implements these; any other board has nothing of it.
 */
#ifndef WASMOTE_OBSERVE_H
#define WASMOTE_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "node.h"

/** Parameters that an import has at most. */
#define OBSERVE_PARAMETERS 4

/** Exports, numbered as docs/abi.md lists them. */
enum observe_export { OBSERVE_SETUP = 0, OBSERVE_STEP = 1, OBSERVE_RESUME = 2, OBSERVE_STOP = 3 };

/** A call of an import. */
struct observe_import {
    /** Its place in HAL_IMPORTS. */
    uint32_t number;
    uint32_t parameters[OBSERVE_PARAMETERS];
    /** The module's memory. Nothing has checked the pointers among the parameters. */
    uint8_t *memory;
    uint32_t memoryBytes;
};

#if WASMOTE_OBSERVE

/** The module is about to be called. Times are 0 for an export that is given none. */
void observe_call(const struct node *node, enum observe_export number, uint32_t nowMs, uint32_t sleptMs);

/** The module calls the board. False: the call of the export ends here, by a trap, and the board is not called. */
bool observe_import(const struct observe_import *call);

/** The board has done it. `result` is NULL where a pointer ended the call. False: it ends here after all, by a trap. */
bool observe_imported(const struct observe_import *call, const int32_t *result);

/** The call of the export is over. `trap` NULL: it has returned, and `waitMs` is what `step` gave. */
void observe_end(const struct node *node, engine_trap trap, uint32_t waitMs);

#else

static inline void observe_call(const struct node *node, enum observe_export number, uint32_t nowMs, uint32_t sleptMs)
{
    (void)node, (void)number, (void)nowMs, (void)sleptMs;
}

static inline void observe_end(const struct node *node, engine_trap trap, uint32_t waitMs)
{
    (void)node, (void)trap, (void)waitMs;
}

#endif

#endif
