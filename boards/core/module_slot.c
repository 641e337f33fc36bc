#include "module_slot.h"

#include <stdbool.h>
#include <string.h>

#include "crc32.h"
#include "little.h"

/* Where the fields are. */
#define SEQUENCE 4
#define LENGTH 8
#define CRC 12
#define RESERVED 16
#define HEADER_CRC 28

static const uint8_t magic[SEQUENCE] = {'W', 'M', 'M', 'O'};

static bool is_all(const uint8_t *bytes, uint32_t length, uint8_t value)
{
    for (uint32_t i = 0; i < length; i++)
        if (bytes[i] != value) return false;
    return true;
}

static struct module_slot invalid(enum module_slot_state state)
{
    return (struct module_slot){.state = state, .sequence = 0, .length = 0, .crc = 0};
}

struct module_slot module_slot_read(const uint8_t header[MODULE_SLOT_HEADER_BYTES], uint32_t slotBytes)
{
    if (slotBytes < MODULE_SLOT_HEADER_BYTES) return invalid(MODULE_SLOT_UNREADABLE);
    if (is_all(header, MODULE_SLOT_HEADER_BYTES, 0xff)) return invalid(MODULE_SLOT_EMPTY);
    if (memcmp(header, magic, sizeof magic) != 0) return invalid(MODULE_SLOT_FOREIGN);
    if (little_u32(header + HEADER_CRC) != crc32(0, header, HEADER_CRC)) return invalid(MODULE_SLOT_HEADER_DAMAGED);
    struct module_slot slot = {
        .state = MODULE_SLOT_VALID,
        .sequence = little_u32(header + SEQUENCE),
        .length = little_u32(header + LENGTH),
        .crc = little_u32(header + CRC),
    };
    if (!is_all(header + RESERVED, HEADER_CRC - RESERVED, 0)) {
        slot.state = MODULE_SLOT_UNKNOWN;
    } else if (slot.length == 0 || slot.length > slotBytes - MODULE_SLOT_HEADER_BYTES) {
        slot.state = MODULE_SLOT_LENGTH;
    }
    return slot;
}

struct module_slot module_slot_check(const uint8_t *slot, uint32_t slotBytes)
{
    if (slotBytes < MODULE_SLOT_HEADER_BYTES) return invalid(MODULE_SLOT_UNREADABLE);
    struct module_slot read = module_slot_read(slot, slotBytes);
    if (read.state == MODULE_SLOT_VALID && crc32(0, slot + MODULE_SLOT_HEADER_BYTES, read.length) != read.crc)
        read.state = MODULE_SLOT_DAMAGED;
    return read;
}

int32_t module_slot_choose(const struct module_slot slots[MODULE_SLOTS])
{
    int32_t newest = MODULE_SLOT_NONE;
    for (int32_t i = 0; i < MODULE_SLOTS; i++) {
        if (slots[i].state != MODULE_SLOT_VALID) continue;
        /* The distance ahead of the best so far, on a circle of 2^32: less than half of it is newer. */
        if (newest == MODULE_SLOT_NONE || slots[i].sequence - slots[newest].sequence - 1 < INT32_MAX) newest = i;
    }
    return newest;
}

uint32_t module_slot_spare(const struct module_slot slots[MODULE_SLOTS])
{
    return module_slot_choose(slots) == 0 ? 1 : 0;
}

uint32_t module_slot_next(const struct module_slot slots[MODULE_SLOTS])
{
    int32_t newest = module_slot_choose(slots);
    return newest == MODULE_SLOT_NONE ? 1 : slots[newest].sequence + 1;
}

void module_slot_seal(uint8_t header[MODULE_SLOT_HEADER_BYTES], uint32_t sequence, uint32_t length, uint32_t crc)
{
    memset(header, 0, MODULE_SLOT_HEADER_BYTES);
    memcpy(header, magic, sizeof magic);
    little_put_u32(header + SEQUENCE, sequence);
    little_put_u32(header + LENGTH, length);
    little_put_u32(header + CRC, crc);
    little_put_u32(header + HEADER_CRC, crc32(0, header, HEADER_CRC));
}

const char *module_slot_describe(enum module_slot_state state)
{
    switch (state) {
    case MODULE_SLOT_VALID:
        return "valid";
    case MODULE_SLOT_EMPTY:
        return "empty";
    case MODULE_SLOT_FOREIGN:
        return "not a module slot: it does not begin with WMMO";
    case MODULE_SLOT_HEADER_DAMAGED:
        return "damaged: the CRC of its header is wrong";
    case MODULE_SLOT_UNKNOWN:
        return "of a newer format than this firmware knows";
    case MODULE_SLOT_LENGTH:
        return "damaged: its module has an impossible length";
    case MODULE_SLOT_DAMAGED:
        return "damaged: the CRC of its module is wrong";
    case MODULE_SLOT_UNREADABLE:
        return "not readable";
    case MODULE_SLOT_REFUSED:
        return "refused: this firmware does not run its module";
    }
    return "in an unknown state";
}
