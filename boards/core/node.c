#include "node.h"

#include "image.h"
#include "observe.h"

const engine_trap nodeTrapMemoryResized = "[trap] the module resized its memory";

bool node_load(struct node *node, const uint8_t *module, uint32_t length, struct refusal *refusal)
{
    *node = (struct node){.module = module, .moduleLength = length};
    if (!metadata_read(module, length, &node->metadata, refusal)) return false;
    uint32_t imageSize = node->metadata.imageSize;
    if (!image_check(module, length, imageSize, refusal)) return false;
    return engine_load(&node->engine, module, length, imageSize, refusal);
}

void node_free(struct node *node)
{
    if (node->engine.runtime != NULL) engine_free(&node->engine);
    *node = (struct node){0};
}

uint8_t *node_image(const struct node *node)
{
    uint32_t bytes;
    return engine_memory(&node->engine, &bytes);
}

/*
 * memory.grow of -1 pages makes wasm3 0.5 wrap its page count to none and shrink the memory. That harms nobody (every
 * access traps), but an image of another size is no image.
 */
static inline engine_trap check_memory(const struct node *node, engine_trap trap)
{
    uint32_t bytes;
    (void)engine_memory(&node->engine, &bytes);
    if (trap == NULL && bytes != node->metadata.imageSize) return nodeTrapMemoryResized;
    return trap;
}

void node_clear(const struct node *node)
{
    image_reset(node->module, node->moduleLength, node_image(node), node->metadata.imageSize);
}

bool node_reset(struct node *node)
{
    uint32_t bytes;
    (void)engine_memory(&node->engine, &bytes);
    if (bytes != node->metadata.imageSize && !engine_restore_memory(&node->engine)) return false;
    node_clear(node);
    return true;
}

engine_trap node_setup(struct node *node)
{
    observe_call(node, OBSERVE_SETUP, 0, 0);
    engine_trap trap = check_memory(node, engine_call(&node->engine, node->engine.setup));
    observe_end(node, trap, 0);
    return trap;
}

engine_trap node_step(struct node *node, uint32_t nowMs, uint32_t *waitMs)
{
    observe_call(node, OBSERVE_STEP, nowMs, 0);
    engine_trap trap = check_memory(node, engine_call_step(&node->engine, nowMs, waitMs));
    observe_end(node, trap, *waitMs);
    return trap;
}

engine_trap node_resume(struct node *node, uint32_t nowMs, uint32_t sleptMs)
{
    observe_call(node, OBSERVE_RESUME, nowMs, sleptMs);
    engine_trap trap = check_memory(node, engine_call_resume(&node->engine, nowMs, sleptMs));
    observe_end(node, trap, 0);
    return trap;
}

engine_trap node_stop(struct node *node)
{
    observe_call(node, OBSERVE_STOP, 0, 0);
    engine_trap trap = check_memory(node, engine_call(&node->engine, node->engine.stop));
    observe_end(node, trap, 0);
    return trap;
}
