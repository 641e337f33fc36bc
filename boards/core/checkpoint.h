/**
 * Durable images: a checkpoint is a copy of the image with a head that says what it is a copy of. Checkpoints go round
 * the board's slots, so the newest one is whole in its slot until the next is whole in another.
 *
 *     0   "WMCK"
 *     4   u32 sequence number: each checkpoint's is one more than the last; they wrap
 *     8   u32 layout id of the module
 *     12  u32 board_config_id()
 *     16  u32 length of the image; 0: what was checkpointed before is not to be resumed
 *     20  i64 milliseconds since 1970-01-01T00:00:00Z; 0: the clock was not set
 *     28  u32 CRC-32 of the 28 bytes before and of the image
 *     32  the image
 *
 * Numbers are little-endian. host/storage/checkpoint.ts reads and writes the same format.
 */
#ifndef WASMOTE_CHECKPOINT_H
#define WASMOTE_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "node.h"

#define CHECKPOINT_HEAD_BYTES 32

#define CHECKPOINT_NO_SLOT UINT32_MAX

/** What became of the checkpoints when the node started. */
enum checkpoint_outcome {
    /** This board keeps none, or none was ever made: a fresh start. */
    CHECKPOINT_NONE,
    /** The node goes on from checkpoint number `sequence`. */
    CHECKPOINT_RESTORED,
    /** No slot holds a valid one, though `damaged` slots hold something: a fresh start. */
    CHECKPOINT_DAMAGED,
    /** The newest one is of a module with another layout: a fresh start. */
    CHECKPOINT_OTHER_MODULE,
    /** The newest one was made under another configuration: a fresh start. */
    CHECKPOINT_OTHER_CONFIG,
    /** The node failed soon after it had resumed, so what was checkpointed until then was given up: a fresh start. */
    CHECKPOINT_GIVEN_UP,
};

struct checkpoint_report {
    enum checkpoint_outcome outcome;
    uint32_t sequence;
    /** Slots that were passed over: torn or flipped, or they could not be read. */
    uint32_t damaged;
    /** Milliseconds since the checkpoint was made; 0 where no clock tells. */
    uint32_t ageMs;
};

/** Where the next checkpoint goes. */
struct checkpoints {
    /** 0: this board keeps no images of this node. */
    uint32_t slots;
    uint32_t slot;
    /** The slot of the newest checkpoint, which is not written before another is whole; or CHECKPOINT_NO_SLOT. */
    uint32_t newest;
    uint32_t sequence;
};

/**
 * Looks through the board's slots and, where there is one to resume, puts the newest image in place. In every other
 * case the image is left as it was. `checkpoints` is set in any case.
 */
struct checkpoint_report checkpoint_restore(struct checkpoints *checkpoints, const struct node *node);

/**
 * Looks through the board's slots only for where the next checkpoint goes, and leaves the image alone.
 *
 * @return whether there is a valid one; `*sequence` is then the newest one's number.
 */
bool checkpoint_find(struct checkpoints *checkpoints, const struct node *node, uint32_t *sequence);

/**
 * Writes the image. It blocks as long as the board's storage does, and tries one slot more if the first fails.
 *
 * @return 0; HAL_ENOTSUP: the board keeps no images of this node; HAL_EIO: the storage failed.
 */
int32_t checkpoint_write(struct checkpoints *checkpoints, const struct node *node);

/** Gives up everything that was checkpointed before: it is never resumed. @return as checkpoint_write(). */
int32_t checkpoint_forget(struct checkpoints *checkpoints, const struct node *node);

/** Writes the head for the node's image as it is now. For a board that keeps an image elsewhere while it sleeps. */
void checkpoint_seal(const struct node *node, uint32_t sequence, uint8_t head[CHECKPOINT_HEAD_BYTES]);

/** How long an image the head claims to belong to; 0 if it is no head, or one that gives up what was before. */
uint32_t checkpoint_claims(const uint8_t head[CHECKPOINT_HEAD_BYTES]);

/** Whether `head` is the head of these bytes, and they are an image of this node's module and configuration. */
bool checkpoint_is_sealed(const struct node *node, const uint8_t head[CHECKPOINT_HEAD_BYTES], const uint8_t *image);

#endif
