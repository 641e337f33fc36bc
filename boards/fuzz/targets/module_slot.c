/* Two module slots of flash that hold anything: which of them runs, and which the next module goes to. */

#include "module_slot.h"

#include <stdbool.h>

#include "crc32.h"
#include "input.h"
#include "little.h"

/* What a slot gets right before its CRCs are made, so that the fuzzer need not find them by chance. */
enum right { RIGHT_MAGIC = 1, RIGHT_RESERVED = 2, RIGHT_MODULE_CRC = 4, RIGHT_HEADER_CRC = 8, ERASED = 16 };

#define MOST_SLOT_BYTES 1024

static const uint8_t magic[4] = {'W', 'M', 'M', 'O'};

struct flash {
    uint8_t *bytes;
    uint32_t length;
};

static struct flash make_slot(struct input *input)
{
    uint8_t right = input_u8(input);
    struct flash flash = {.length = input_u32(input) % MOST_SLOT_BYTES};
    /* Exactly so many, so that ASan sees a read past their end. */
    flash.bytes = malloc(flash.length > 0 ? flash.length : 1);
    if (flash.bytes == NULL) abort();
    memset(flash.bytes, 0xff, flash.length);
    if ((right & ERASED) != 0 || flash.length < MODULE_SLOT_HEADER_BYTES) return flash;
    uint8_t *header = flash.bytes;
    uint32_t room = flash.length - MODULE_SLOT_HEADER_BYTES;
    input_bytes(input, header, MODULE_SLOT_HEADER_BYTES);
    input_bytes(input, header + MODULE_SLOT_HEADER_BYTES, room < 16 ? room : 16);
    if ((right & RIGHT_MAGIC) != 0) memcpy(header, magic, sizeof magic);
    if ((right & RIGHT_RESERVED) != 0) memset(header + 16, 0, 12);
    uint32_t length = little_u32(header + 8);
    if ((right & RIGHT_MODULE_CRC) != 0 && length <= room)
        little_put_u32(header + 12, crc32(0, header + MODULE_SLOT_HEADER_BYTES, length));
    if ((right & RIGHT_HEADER_CRC) != 0) little_put_u32(header + 28, crc32(0, header, 28));
    return flash;
}

static bool is_valid(const struct flash *flash)
{
    static const uint8_t reserved[12] = {0};
    const uint8_t *header = flash->bytes;
    if (flash->length < MODULE_SLOT_HEADER_BYTES || memcmp(header, magic, sizeof magic) != 0) return false;
    uint32_t length = little_u32(header + 8);
    if (memcmp(header + 16, reserved, sizeof reserved) != 0 || crc32(0, header, 28) != little_u32(header + 28))
        return false;
    if (length == 0 || length > flash->length - MODULE_SLOT_HEADER_BYTES) return false;
    return crc32(0, header + MODULE_SLOT_HEADER_BYTES, length) == little_u32(header + 12);
}

static void update(const struct module_slot slots[MODULE_SLOTS], struct flash *flash)
{
    static const uint8_t module[] = "the next module";
    uint32_t spare = module_slot_spare(slots);
    CLAIM(spare < MODULE_SLOTS && (int32_t)spare != module_slot_choose(slots));
    if (flash[spare].length < MODULE_SLOT_HEADER_BYTES + sizeof module) return;
    memset(flash[spare].bytes, 0xff, flash[spare].length);
    memcpy(flash[spare].bytes + MODULE_SLOT_HEADER_BYTES, module, sizeof module);
    struct module_slot after[MODULE_SLOTS] = {slots[0], slots[1]};
    after[spare] = module_slot_check(flash[spare].bytes, flash[spare].length);
    /* A power cut before the header: the module that ran runs on. */
    CLAIM(after[spare].state == MODULE_SLOT_EMPTY);
    CLAIM(module_slot_choose(after) == module_slot_choose(slots));
    module_slot_seal(flash[spare].bytes, module_slot_next(slots), sizeof module, crc32(0, module, sizeof module));
    after[spare] = module_slot_check(flash[spare].bytes, flash[spare].length);
    CLAIM(after[spare].state == MODULE_SLOT_VALID && after[spare].length == sizeof module);
    CLAIM(module_slot_choose(after) == (int32_t)spare);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    struct flash flash[MODULE_SLOTS];
    struct module_slot slots[MODULE_SLOTS];
    bool any = false;
    for (uint32_t i = 0; i < MODULE_SLOTS; i++) {
        flash[i] = make_slot(&input);
        slots[i] = module_slot_check(flash[i].bytes, flash[i].length);
        CLAIM((slots[i].state == MODULE_SLOT_VALID) == is_valid(&flash[i]));
        CLAIM(strlen(module_slot_describe(slots[i].state)) > 0);
        any = any || slots[i].state == MODULE_SLOT_VALID;
    }
    int32_t chosen = module_slot_choose(slots);
    CLAIM((chosen != MODULE_SLOT_NONE) == any);
    if (any) CLAIM(slots[chosen].state == MODULE_SLOT_VALID);
    update(slots, flash);
    for (uint32_t i = 0; i < MODULE_SLOTS; i++)
        free(flash[i].bytes);
    return 0;
}
