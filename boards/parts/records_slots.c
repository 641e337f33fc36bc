#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "crc32.h"
#include "little.h"
#include "module_slot.h"
#include "records.h"

static void show(const struct module_slot *slot)
{
    (void)printf("%s; %lu %lu %08lx; ", module_slot_describe(slot->state), (unsigned long)slot->sequence,
                 (unsigned long)slot->length, (unsigned long)slot->crc);
}

/* u32 length of the first slot, its bytes, and the second slot's to the end. */
static bool check_slots(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    struct module_slot slots[MODULE_SLOTS];
    (void)settings;
    if (length < sizeof(uint32_t)) return false;
    uint32_t first = little_u32(record);
    record += sizeof(uint32_t);
    length -= (uint32_t)sizeof(uint32_t);
    if (first > length) return false;
    slots[0] = module_slot_check(record, first);
    slots[1] = module_slot_check(record + first, length - first);
    show(&slots[0]);
    show(&slots[1]);
    (void)printf("run %ld, spare %lu, next %lu", (long)module_slot_choose(slots),
                 (unsigned long)module_slot_spare(slots), (unsigned long)module_slot_next(slots));
    return true;
}

/* u32 sequence, then the module: writes the whole slot. */
static bool seal_slot(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    uint8_t header[MODULE_SLOT_HEADER_BYTES];
    (void)settings;
    if (length < sizeof(uint32_t)) return false;
    const uint8_t *module = record + sizeof(uint32_t);
    uint32_t moduleLength = length - (uint32_t)sizeof(uint32_t);
    module_slot_seal(header, little_u32(record), moduleLength, crc32(0, module, moduleLength));
    for (uint32_t i = 0; i < sizeof header; i++)
        (void)printf("%02x", header[i]);
    for (uint32_t i = 0; i < moduleLength; i++)
        (void)printf("%02x", module[i]);
    return true;
}

record_handler records_slots(const char *mode)
{
    if (strcmp(mode, "slots") == 0) return check_slots;
    if (strcmp(mode, "seal") == 0) return seal_slot;
    return NULL;
}
