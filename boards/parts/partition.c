#include "partition.h"

#include <stdio.h>
#include <string.h>

/* Read a flash page at a time. */
#define PAGE_BYTES 256

static enum provision_outcome read_text(FILE *file, struct provision *provision)
{
    uint8_t page[PAGE_BYTES];
    bool more = true;
    rewind(file);
    while (more) {
        size_t length = fread(page, 1, sizeof page, file);
        more = length > 0 && provision_feed(provision, page, (uint32_t)length);
    }
    return provision_end(provision);
}

static void erase(FILE *file)
{
    (void)fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    for (long i = 0; i < length; i++)
        (void)fputc(0xff, file);
}

enum provision_outcome partition_take(const char *path, struct settings *settings, char text[SETTINGS_TEXT_BYTES])
{
    static struct provision provision;
    FILE *file = fopen(path, "rb+");
    text[0] = '\0';
    if (file == NULL) return PROVISION_NOTHING;
    provision_init(&provision, settings, NULL, NULL);
    enum provision_outcome outcome = read_text(file, &provision);
    if (outcome == PROVISION_DONE) {
        provision_init(&provision, settings, provision_store, settings);
        outcome = read_text(file, &provision);
    }
    if (outcome == PROVISION_DONE) erase(file);
    (void)fclose(file);
    provision_describe(&provision, text);
    return outcome;
}
