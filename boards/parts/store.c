#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"

#define ENTRIES 64

struct entry {
    char key[SETTINGS_KEY_BYTES];
    uint32_t length;
    char value[SETTINGS_VALUE_BYTES];
};

static struct entry entries[ENTRIES];
static uint32_t count;
static uint32_t mostBytes;
static const char *filePath;

static struct entry *find(const char *key)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(entries[i].key, key) == 0) return &entries[i];
    return NULL;
}

static uint32_t used_by_others(const char *key)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(entries[i].key, key) != 0) bytes += (uint32_t)strlen(entries[i].key) + entries[i].length;
    return bytes;
}

/* The file -----------------------------------------------------------------------------------------------------------
 */

static bool save(void)
{
    if (filePath == NULL) return true;
    FILE *file = fopen(filePath, "wb");
    if (file == NULL) return false;
    bool good = true;
    for (uint32_t i = 0; i < count; i++) {
        good = good && fprintf(file, "%s=", entries[i].key) > 0;
        for (uint32_t j = 0; j < entries[i].length; j++) {
            char c = entries[i].value[j];
            if (c == '\\' || c == '\n') good = good && fputc('\\', file) != EOF;
            good = good && fputc(c == '\n' ? 'n' : c, file) != EOF;
        }
        good = good && fputc('\n', file) != EOF;
    }
    return fclose(file) == 0 && good;
}

/* @return whether there was one; a line that is too long is cut. */
static bool load_entry(FILE *file, struct entry *entry)
{
    uint32_t keyLength = 0;
    int c = fgetc(file);
    for (; c != EOF && c != '=' && c != '\n'; c = fgetc(file))
        if (keyLength + 1 < sizeof entry->key) entry->key[keyLength++] = (char)c;
    entry->key[keyLength] = '\0';
    entry->length = 0;
    if (c != '=') return false;
    for (c = fgetc(file); c != EOF && c != '\n'; c = fgetc(file)) {
        if (c == '\\') {
            c = fgetc(file);
            if (c == 'n') c = '\n';
        }
        if (entry->length < sizeof entry->value) entry->value[entry->length++] = (char)c;
    }
    return true;
}

bool store_open(const char *path, uint32_t room)
{
    count = 0;
    mostBytes = room;
    filePath = path;
    if (path == NULL) return true;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return errno == ENOENT;
    while (count < ENTRIES && load_entry(file, &entries[count]))
        count++;
    return fclose(file) == 0;
}

/* The interface ------------------------------------------------------------------------------------------------------
 */

static int32_t store_get(void *context, const char *key, char *value, uint32_t capacity)
{
    const struct entry *entry = find(key);
    (void)context;
    if (entry == NULL) return HAL_ENOENT;
    if (entry->length > capacity) return HAL_EOVERFLOW;
    memcpy(value, entry->value, entry->length);
    return (int32_t)entry->length;
}

static int32_t store_set(void *context, const char *key, const char *value, uint32_t length)
{
    struct entry *entry = find(key);
    (void)context;
    if (length > SETTINGS_VALUE_BYTES || used_by_others(key) + strlen(key) + length > mostBytes) return HAL_EOVERFLOW;
    if (entry == NULL) {
        if (count == ENTRIES) return HAL_EOVERFLOW;
        entry = &entries[count++];
        (void)snprintf(entry->key, sizeof entry->key, "%s", key);
    }
    memcpy(entry->value, value, length);
    entry->length = length;
    return save() ? 0 : HAL_EIO;
}

static int32_t store_erase(void *context, const char *key)
{
    struct entry *entry = find(key);
    (void)context;
    if (entry == NULL) return 0;
    *entry = entries[--count];
    return save() ? 0 : HAL_EIO;
}

static int32_t store_key(void *context, uint32_t index, char key[SETTINGS_KEY_BYTES])
{
    (void)context;
    if (index >= count) return HAL_ENOENT;
    memcpy(key, entries[index].key, SETTINGS_KEY_BYTES);
    return 0;
}

int32_t store_erase_all(void)
{
    count = 0;
    return save() ? 0 : HAL_EIO;
}

const struct settings_store store = {
    .context = NULL,
    .get = store_get,
    .set = store_set,
    .erase = store_erase,
    .key = store_key,
};
