/** One node: a module, and the image that is its state. */
#ifndef WASMOTE_NODE_H
#define WASMOTE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "metadata.h"
#include "refusal.h"

/** The name of the trap that a node gets when its module made the engine resize its memory. */
extern const engine_trap nodeTrapMemoryResized;

struct node {
    const uint8_t *module;
    uint32_t moduleLength;
    struct metadata metadata;
    struct engine engine;
};

/**
 * Checks and loads a module, and compiles every function of it: nothing is allocated after this. The module's bytes
 * must outlive the node (on a device they stay in flash). Nothing of the module has run when this returns.
 *
 * @return true; or false, and `*refusal` says why.
 */
bool node_load(struct node *node, const uint8_t *module, uint32_t length, struct refusal *refusal);

/** Frees everything that node_load() allocated. */
void node_free(struct node *node);

/** The first `metadata.imageSize` bytes of memory: all that the node knows. Valid until the module runs again. */
uint8_t *node_image(const struct node *node);

/** Makes the image what it was before setup(). Its memory must have its right size: the module has not run since. */
void node_clear(const struct node *node);

/** Throws the image away: memory is as it was before setup(), which must be called again. False: out of memory. */
bool node_reset(struct node *node);

/** @return NULL, or the name of the trap; after a trap only node_reset() or node_free() makes sense. */
engine_trap node_setup(struct node *node);

/** `*waitMs`: milliseconds until it wants to run again, or HAL_STEP_ENDED. @return as node_setup(). */
engine_trap node_step(struct node *node, uint32_t nowMs, uint32_t *waitMs);

/** The image was restored, or has slept, `sleptMs` after its last step. @return as node_setup(). */
engine_trap node_resume(struct node *node, uint32_t nowMs, uint32_t sleptMs);

/** Asks the node to take its leave in the following steps. @return as node_setup(). */
engine_trap node_stop(struct node *node);

#endif
