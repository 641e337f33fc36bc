/**
 * The board of the fuzz targets. It touches every byte that the core hands to it, so that ASan sees one that does not
 * belong to the image, and answers what a target has told it to.
 */
#ifndef WASMOTE_FUZZ_H
#define WASMOTE_FUZZ_H

#include <stdbool.h>
#include <stdint.h>

#include "node.h"

#define FUZZ_MAX_SLOTS 4
#define FUZZ_MAX_SLOT_BYTES 1024

/** How a write into a slot ends. */
enum fuzz_write {
    FUZZ_WRITE_GOOD,
    /** It fails at once, and leaves the slot as it was. */
    FUZZ_WRITE_REFUSED,
    /** `writeBytes` of it are in the slot, modulo its length, and it fails. */
    FUZZ_WRITE_TORN,
};

struct fuzz {
    /** What the next calls answer, whatever they are; of reads and writes no more than their length. */
    int32_t answer;
    /** The byte that what arrives is made of. */
    uint8_t filling;
    /** The result of the call before: what the module must have got. */
    int32_t answered;
    /** How many calls have reached the board. */
    uint32_t calls;

    int64_t unixMs;
    uint32_t configId;
    uint32_t slots;
    uint32_t slotBytes;
    uint8_t slot[FUZZ_MAX_SLOTS][FUZZ_MAX_SLOT_BYTES];
    bool unreadable[FUZZ_MAX_SLOTS];
    enum fuzz_write write;
    uint32_t writeBytes;
};

extern struct fuzz fuzz;

/** Bytes of the image of fuzz_node()'s module. */
#define FUZZ_IMAGE_BYTES 256

/** Where in its image imports.wat takes its call from, and where it puts the result. */
#define FUZZ_AT_CALL 0
#define FUZZ_AT_ARGUMENTS 4
#define FUZZ_AT_RESULT 20

/**
 * A node that runs tests/fuzz/imports.wat: each of its steps makes the one call that its image says. It is loaded once;
 * its image is what it was before setup().
 */
struct node *fuzz_node(void);

#endif
