/** The storage of a board that keeps no images: add_board(… NO_STORAGE) takes it. */

#include <string.h>

#include "abi.h"
#include "board.h"

uint32_t board_config_id(void)
{
    return 0;
}

uint32_t board_slots(void)
{
    return 0;
}

uint32_t board_slot_bytes(void)
{
    return 0;
}

int32_t board_slot_read(uint32_t slot, uint32_t offset, uint8_t *bytes, uint32_t length)
{
    (void)slot;
    (void)offset;
    memset(bytes, 0, length);
    return HAL_EIO;
}

int32_t board_slot_write(uint32_t slot, const uint8_t *head, uint32_t headLength, const uint8_t *body,
                         uint32_t bodyLength)
{
    (void)slot;
    (void)head;
    (void)headLength;
    (void)body;
    (void)bodyLength;
    return HAL_EIO;
}

void board_said(enum hal_level level, const char *line)
{
    (void)level;
    (void)line;
}
