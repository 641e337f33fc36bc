/**
 * wasm3, and all that this project knows of its insides: the memory's limit, the stack's reserve, and a call that does
 * not look anything up. The rest of boards/core sees these few functions.
 */
#ifndef WASMOTE_ENGINE_H
#define WASMOTE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "refusal.h"

struct M3Environment;
struct M3Runtime;
struct M3Function;

/** Why a call into the module ended: NULL if it returned, else the name of the trap (static text). */
typedef const char *engine_trap;

/** The name of the trap that ends a call whose pointer or length leaves the image. */
extern const engine_trap engineTrapOutOfBounds;

struct engine {
    struct M3Environment *environment;
    struct M3Runtime *runtime;
    struct M3Function *setup;
    struct M3Function *step;
    struct M3Function *resume;
    struct M3Function *stop;
};

/**
 * Loads a module and compiles all of it; allocates everything that the node will ever use. `module` must outlive the
 * engine. The module sees `memoryBytes` of memory and traps beyond.
 *
 * @return true; or false, `*refusal` says why, and nothing is left allocated.
 */
bool engine_load(struct engine *engine, const uint8_t *module, uint32_t length, uint32_t memoryBytes,
                 struct refusal *refusal);

/** Frees everything. An engine that is all zeros has nothing to free. */
void engine_free(struct engine *engine);

/** The module's memory and how much of it there is. Ask again after each call: a hostile module can resize it. */
uint8_t *engine_memory(const struct engine *engine, uint32_t *bytes);

/** Gives the memory its first size again if the module made the engine resize it. False: there is no memory for it. */
bool engine_restore_memory(struct engine *engine);

/** Calls setup() or stop(). */
engine_trap engine_call(struct engine *engine, struct M3Function *function);

/** Calls step(nowMs); `*waitMs` is its result. */
engine_trap engine_call_step(struct engine *engine, uint32_t nowMs, uint32_t *waitMs);

/** Calls resume(nowMs, sleptMs). */
engine_trap engine_call_resume(struct engine *engine, uint32_t nowMs, uint32_t sleptMs);

#endif
