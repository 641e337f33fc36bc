/** What a trace is made of: docs/trace.md is the format, and host/trace has the same in TypeScript. */
#ifndef WASMOTE_TRACE_FORMAT_H
#define WASMOTE_TRACE_FORMAT_H

#include <stdint.h>

#include "abi.h"

#define TRACE_VERSION 1

#define TRACE_HEADER_BYTES 36
#define TRACE_CRC_BYTES 4

/** The first byte of a record that is no import's. */
enum trace_tag {
    TRACE_FRESH = 0xd0,
    TRACE_IMAGE = 0xd1,
    /** And the export's number. */
    TRACE_CALL = 0xe0,
    TRACE_RETURNED = 0xf0,
    TRACE_TRAPPED = 0xf1,
    TRACE_CUT = 0xf2,
    TRACE_HUNG = 0xf3,
};

/** What the upper four bits of an import's tag say of its result; the lower four are its number. */
enum trace_outcome { TRACE_ZERO = 0, TRACE_POSITIVE = 1, TRACE_NEGATIVE = 2, TRACE_NONE = 3 };

/** Imports by number. */
enum trace_import {
#define TRACE_NUMBER(name, parameters, result, signature) TRACE_##name,
    HAL_IMPORTS(TRACE_NUMBER)
#undef TRACE_NUMBER
        TRACE_IMPORTS
};

#define TRACE_EXPORTS 4

/** Why a module trapped. */
enum trace_trap {
    TRACE_TRAP_OTHER = 0,
    TRACE_TRAP_UNREACHABLE = 1,
    TRACE_TRAP_OUT_OF_BOUNDS = 2,
    TRACE_TRAP_DIVIDE_BY_ZERO = 3,
    /** Or a conversion to integer out of range. */
    TRACE_TRAP_OVERFLOW = 4,
    TRACE_TRAP_INDIRECT_CALL = 5,
    TRACE_TRAP_STACK_OVERFLOW = 6,
    TRACE_TRAP_RESIZED = 7,
    /** Of an engine that can't trap at the image's end: found after the call. */
    TRACE_TRAP_OVERRUN = 8,
    TRACE_TRAPS
};

/** Parameters that a trace has of an import at most. */
#define TRACE_PARAMETERS 2

/** Which parameters of an import a trace has: all but pointers. */
struct trace_shape {
    uint8_t count;
    uint8_t index[TRACE_PARAMETERS];
    /** The parameter that says where the board writes, if it does; `handed` bytes on success, 0: as the result says. */
    uint8_t pointer;
    uint8_t handed;
};

/** Of an import that hands nothing over. */
#define TRACE_NO_POINTER 0xff

extern const struct trace_shape traceShapes[TRACE_IMPORTS];

/** How many bytes import `number` has handed to the module with that result. */
uint32_t trace_handed(uint32_t number, int32_t result);

/** The reason of a trap that engine.h names. */
enum trace_trap trace_trap_of(const char *trap);

#endif
