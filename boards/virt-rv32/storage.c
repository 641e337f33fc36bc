/* Checkpoints: a sector of flash for each slot. */

#include <string.h>

#include "abi.h"
#include "board.h"
#include "flash.h"

uint32_t board_slots(void)
{
    return FLASH_CHECKPOINT_SLOTS;
}

uint32_t board_slot_bytes(void)
{
    return FLASH_SECTOR_BYTES;
}

int32_t board_slot_read(uint32_t slot, uint32_t offset, uint8_t *bytes, uint32_t length)
{
    memcpy(bytes, flash_sector(FLASH_CHECKPOINT_SECTOR + slot) + offset, length);
    return 0;
}

int32_t board_slot_write(uint32_t slot, const uint8_t *head, uint32_t headLength, const uint8_t *body,
                         uint32_t bodyLength)
{
    uint32_t sector = FLASH_CHECKPOINT_SECTOR + slot;
    bool done = flash_erase(sector) && flash_program(sector, 0, head, headLength) &&
                flash_program(sector, headLength, body, bodyLength);
    return done ? 0 : HAL_EIO;
}
