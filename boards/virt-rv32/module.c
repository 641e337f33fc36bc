#include "module.h"

#include <stddef.h>

#include "flash.h"
#include "module_slot.h"

_Static_assert(FLASH_MODULE_SLOTS == MODULE_SLOTS, "module_slot_choose() takes as many");

const uint8_t *module_find(uint32_t *length)
{
    struct module_slot slots[MODULE_SLOTS];
    for (uint32_t i = 0; i < MODULE_SLOTS; i++)
        slots[i] = module_slot_check(flash_sector(FLASH_MODULE_SECTOR + i), FLASH_SECTOR_BYTES);
    int32_t chosen = module_slot_choose(slots);
    if (chosen == MODULE_SLOT_NONE) return NULL;
    *length = slots[chosen].length;
    return flash_sector(FLASH_MODULE_SECTOR + (uint32_t)chosen) + MODULE_SLOT_HEADER_BYTES;
}
