#include "flash.h"

#include <string.h>

#include "registers.h"

/* Commands, to both chips at once. */
enum {
    PROGRAM_WORD = 0x00400040,
    CLEAR_STATUS = 0x00500050,
    ERASE_SECTOR = 0x00200020,
    ERASE_CONFIRM = 0x00d000d0,
    READ_ARRAY = 0x00ff00ff,
};

/* The status of both chips: ready, and errors while erasing or programming, at a locked sector or a low voltage. */
#define STATUS_READY UINT32_C(0x00800080)
#define STATUS_ERRORS UINT32_C(0x003a003a)

static volatile uint32_t *word_at(uint32_t sector, uint32_t offset)
{
    return register32(FLASH_BASE + sector * FLASH_SECTOR_BYTES + offset);
}

/* After a command the flash reads as its status until READ_ARRAY. */
static bool finish(volatile uint32_t *word)
{
    uint32_t status;
    do {
        status = *word;
    } while ((status & STATUS_READY) != STATUS_READY);
    if ((status & STATUS_ERRORS) == 0) return true;
    *word = CLEAR_STATUS;
    return false;
}

const uint8_t *flash_sector(uint32_t sector)
{
    return (const uint8_t *)word_at(sector, 0);
}

bool flash_erase(uint32_t sector)
{
    volatile uint32_t *word = word_at(sector, 0);
    *word = ERASE_SECTOR;
    *word = ERASE_CONFIRM;
    bool done = finish(word);
    *word = READ_ARRAY;
    return done;
}

bool flash_program(uint32_t sector, uint32_t offset, const uint8_t *bytes, uint32_t length)
{
    bool done = true;
    for (uint32_t at = 0; done && at < length; at += sizeof(uint32_t)) {
        uint32_t value = UINT32_MAX;
        uint32_t left = length - at;
        memcpy(&value, bytes + at, left < sizeof value ? left : sizeof value);
        volatile uint32_t *word = word_at(sector, offset + at);
        *word = PROGRAM_WORD;
        *word = value;
        done = finish(word);
    }
    *word_at(sector, 0) = READ_ARRAY;
    return done;
}
