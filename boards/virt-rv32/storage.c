/* Checkpoints: a sector of flash for each slot. */

#include <string.h>

#include "abi.h"
#include "board.h"
#include "checkpoint.h"
#include "flash.h"
#include "log.h"

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

void board_restored(const struct checkpoint_report *report)
{
    unsigned long sequence = report->sequence;
    if (report->damaged > 0)
        log_line(HAL_LOG_WARNING, "%lu of %d checkpoints are damaged", (unsigned long)report->damaged,
                 FLASH_CHECKPOINT_SLOTS);
    switch (report->outcome) {
    case CHECKPOINT_NONE:
        return;
    case CHECKPOINT_RESTORED:
        log_line(HAL_LOG_INFO, "goes on from checkpoint %lu, %lu s old", sequence, (unsigned long)report->ageMs / 1000);
        return;
    case CHECKPOINT_DAMAGED:
        log_line(HAL_LOG_ERROR, "no checkpoint is valid: a fresh start, and what was queued is lost");
        return;
    case CHECKPOINT_OTHER_MODULE:
        log_line(HAL_LOG_WARNING, "checkpoint %lu is of a module with another layout: a fresh start", sequence);
        return;
    case CHECKPOINT_OTHER_CONFIG:
        log_line(HAL_LOG_WARNING, "checkpoint %lu was made with other settings: a fresh start", sequence);
        return;
    case CHECKPOINT_GIVEN_UP:
        log_line(HAL_LOG_ERROR, "the node failed after checkpoint %lu was resumed: a fresh start", sequence);
        return;
    }
}

void board_checkpoint_failed(void)
{
    log_line(HAL_LOG_ERROR, "the checkpoint could not be written: the flash failed");
}
