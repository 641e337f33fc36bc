/**
 * Where a device keeps modules: slots of flash, each with a header and the module's bytes behind it. Of two slots the
 * newest valid one runs, so that an update that a power cut tore apart leaves the module before it in charge.
 *
 *     offset  type      field
 *          0  4 bytes   "WMMO"
 *          4  u32       sequence: one more than that of the module before it; wraps at 2^32
 *          8  u32       length of the module in bytes
 *         12  u32       CRC-32 of the module's bytes
 *         16  12 bytes  0
 *         28  u32       CRC-32 of the 28 bytes before it
 *         32            the module
 *
 * Numbers are little-endian; the CRC is that of crc32.h. Nothing here reads or writes flash: bytes come in as
 * arguments. That a slot is valid says that it holds what was written, not that the module is one that this board
 * takes: metadata.h and engine.h decide that.
 *
 * To write a module: erase the slot, write the module behind the header's place, then the header of module_slot_seal()
 * last. Until the header is whole, the slot is not valid.
 */
#ifndef WASMOTE_MODULE_SLOT_H
#define WASMOTE_MODULE_SLOT_H

#include <stdint.h>

#define MODULE_SLOT_HEADER_BYTES 32

/** How many slots a board has. */
#define MODULE_SLOTS 2

/** What module_slot_choose() returns when no slot is valid. */
#define MODULE_SLOT_NONE (-1)

enum module_slot_state {
    /** It holds what was written to it. */
    MODULE_SLOT_VALID,
    /** Erased flash: nothing was ever written, or a write has only begun. */
    MODULE_SLOT_EMPTY,
    /** It does not begin with "WMMO". */
    MODULE_SLOT_FOREIGN,
    /** The header's CRC is wrong. */
    MODULE_SLOT_HEADER_DAMAGED,
    /** The header is whole, but says what this version does not know: one of the bytes from 16 on is not 0. */
    MODULE_SLOT_UNKNOWN,
    /** The length is 0, or more than the slot has room for. */
    MODULE_SLOT_LENGTH,
    /** The module's CRC is wrong. */
    MODULE_SLOT_DAMAGED,
    /** The slot is too small for a header, or could not be read. Set by whoever reads the flash. */
    MODULE_SLOT_UNREADABLE,
    /** The board has refused the module. Set by the board, before it chooses again. */
    MODULE_SLOT_REFUSED,
};

struct module_slot {
    enum module_slot_state state;
    /** These are 0 unless the header is whole. */
    uint32_t sequence;
    /** Bytes of the module, which begins MODULE_SLOT_HEADER_BYTES into the slot. */
    uint32_t length;
    uint32_t crc;
};

/**
 * Reads a header and checks it, and not the module's bytes.
 *
 * @param slotBytes the size of the whole slot, header included.
 * @return the slot; VALID means that its module is worth checking.
 */
struct module_slot module_slot_read(const uint8_t header[MODULE_SLOT_HEADER_BYTES], uint32_t slotBytes);

/** Reads and checks a slot whose bytes are mapped into memory: its header, and all of its module. */
struct module_slot module_slot_check(const uint8_t *slot, uint32_t slotBytes);

/**
 * Which slot runs: the newest that is VALID. Sequence numbers wrap; of two that are equal, the first slot wins.
 *
 * @return its index, or MODULE_SLOT_NONE.
 */
int32_t module_slot_choose(const struct module_slot slots[MODULE_SLOTS]);

/** Which slot the next module goes to: never the one that runs. */
uint32_t module_slot_spare(const struct module_slot slots[MODULE_SLOTS]);

/** The sequence number that makes the next module the newest. */
uint32_t module_slot_next(const struct module_slot slots[MODULE_SLOTS]);

/** Writes the header of a module of `length` bytes whose CRC-32 is `crc`. */
void module_slot_seal(uint8_t header[MODULE_SLOT_HEADER_BYTES], uint32_t sequence, uint32_t length, uint32_t crc);

/** What a state means, as words that end a sentence such as "slot 0 is …". Static text. */
const char *module_slot_describe(enum module_slot_state state);

#endif
