#include "module.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "crc32.h"
#include "flash.h"
#include "little.h"

/* In front of a module: "WMMO", its number, its length, its CRC-32, 12 bytes of 0, the CRC-32 of all that. */
#define HEAD_BYTES 32

static bool is_whole(const uint8_t *slot)
{
    if (memcmp(slot, "WMMO", 4) != 0 || crc32(0, slot, HEAD_BYTES - 4) != little_u32(slot + HEAD_BYTES - 4))
        return false;
    uint32_t length = little_u32(slot + 8);
    if (length > FLASH_SECTOR_BYTES - HEAD_BYTES) return false;
    return crc32(0, slot + HEAD_BYTES, length) == little_u32(slot + 12);
}

const uint8_t *module_find(uint32_t *length)
{
    const uint8_t *newest = NULL;
    for (uint32_t i = 0; i < FLASH_MODULE_SLOTS; i++) {
        const uint8_t *slot = flash_sector(FLASH_MODULE_SECTOR + i);
        if (!is_whole(slot)) continue;
        /* Numbers wrap. */
        if (newest == NULL || (int32_t)(little_u32(slot + 4) - little_u32(newest + 4)) > 0) newest = slot;
    }
    if (newest == NULL) return NULL;
    *length = little_u32(newest + 8);
    return newest + HEAD_BYTES;
}
