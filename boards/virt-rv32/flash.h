/**
 * The flash: Intel's command set on two chips of 16 bits side by side, as QEMU's `virt` has it. It is read as memory.
 * Its layout, in sectors:
 *
 *     0, 1    two slots for modules
 *     2 to 5  four slots for checkpoints
 */
#ifndef WASMOTE_FLASH_H
#define WASMOTE_FLASH_H

#include <stdbool.h>
#include <stdint.h>

/** What is erased at a time. */
#define FLASH_SECTOR_BYTES 0x40000

#define FLASH_MODULE_SECTOR 0
#define FLASH_MODULE_SLOTS 2
#define FLASH_CHECKPOINT_SECTOR 2
#define FLASH_CHECKPOINT_SLOTS 4

/** A sector's contents, to be read in place. Not while flash_erase() or flash_program() is at work. */
const uint8_t *flash_sector(uint32_t sector);

/** Makes every bit of a sector 1. @return whether the chips say that it worked. */
bool flash_erase(uint32_t sector);

/**
 * Writes bytes where the flash is erased. `offset` is a multiple of 4; a last word that is not whole is filled with
 * ones.
 *
 * @return whether the chips say that it worked.
 */
bool flash_program(uint32_t sector, uint32_t offset, const uint8_t *bytes, uint32_t length);

#endif
