/*
 * The text of the partition `provision`, of any bytes and in pieces of any size: that must make no difference, and
 * nothing may reach the sink but what settings_check() takes.
 */

#include "provision.h"

#include "chip.h"
#include "crc32.h"
#include "input.h"

/* What has reached the sink, as one number: keys, values, and where one ends. */
struct sunk {
    const struct settings *settings;
    uint32_t crc;
    uint32_t count;
};

static enum settings_code sink(void *context, const char *key, const char *value, uint32_t length,
                               struct settings_problem *problem)
{
    struct sunk *sunk = context;
    CLAIM(strlen(key) < SETTINGS_KEY_BYTES && length < SETTINGS_VALUE_BYTES);
    if (length > 0) CLAIM(settings_check(sunk->settings, key, value, length, problem) == SETTINGS_OK);
    sunk->crc = crc32(sunk->crc, (const uint8_t *)key, (uint32_t)strlen(key) + 1);
    sunk->crc = crc32(sunk->crc, (const uint8_t *)value, length);
    sunk->count++;
    return SETTINGS_OK;
}

static struct provision read_in_pieces(const struct settings *settings, const uint8_t *text, uint32_t length,
                                       uint32_t piece, struct sunk *sunk)
{
    *sunk = (struct sunk){.settings = settings};
    static struct provision provision;
    provision_init(&provision, settings, sink, sunk);
    for (uint32_t at = 0; at < length; at += piece)
        if (!provision_feed(&provision, text + at, length - at < piece ? length - at : piece)) break;
    CLAIM(provision_end(&provision) != PROVISION_READING);
    return provision;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    const struct settings settings = {.chip = &fuzzChip, .fallbackId = "node-1"};
    uint32_t piece = 1 + input_u8(&input) % 64;
    /* The CRC is made right, so that the fuzzer need not find it by chance: "crc32=00000000\n" becomes the right one.
     */
    bool sealed = input_u8(&input) % 4 != 0;
    uint32_t length = (uint32_t)input.left;
    char *text = (char *)input_rest(&input);
    if (sealed && length >= 15 && memcmp(text + length - 15, "crc32=", 6) == 0) {
        char line[16];
        (void)snprintf(line, sizeof line, "crc32=%08lx\n", (unsigned long)crc32(0, (uint8_t *)text, length - 15));
        memcpy(text + length - 15, line, 15);
    }
    struct sunk whole, pieces;
    struct provision first = read_in_pieces(&settings, (uint8_t *)text, length, length > 0 ? length : 1, &whole);
    struct provision second = read_in_pieces(&settings, (uint8_t *)text, length, piece, &pieces);
    CLAIM(first.outcome == second.outcome && first.line == second.line && first.count == second.count);
    CLAIM(whole.crc == pieces.crc && whole.count == pieces.count);
    char said[SETTINGS_TEXT_BYTES];
    provision_describe(&first, said);
    CLAIM(memchr(said, '\0', sizeof said) != NULL);
    free(text);
    return 0;
}
