#include "configuration.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "crc32.h"

#define APPLICATION_PREFIX "app."

static const struct settings *settings;
static uint32_t configId;

static uint32_t value_id(const char *key, char *workspace)
{
    int32_t length = settings_get(settings, key, workspace, SETTINGS_VALUE_BYTES);
    if (length < 0) return 0;
    uint32_t crc = crc32(0, (const uint8_t *)key, (uint32_t)strlen(key));
    return crc32(crc, (const uint8_t *)workspace, (uint32_t)length);
}

void configuration_init(const struct settings *all)
{
    settings = all;
    char *workspace = malloc(SETTINGS_VALUE_BYTES);
    if (workspace == NULL) return;
    /* A sum, so that the order in which NVS lists the keys makes no difference. */
    for (uint32_t i = 0; i < settingsTableLength; i++)
        if (settingsTable[i].guest && settingsTable[i].family == 0)
            configId += value_id(settingsTable[i].key, workspace);
    char key[SETTINGS_KEY_BYTES];
    for (uint32_t i = 0; settings->store->key(settings->store->context, i, key) == 0; i++)
        if (strncmp(key, APPLICATION_PREFIX, sizeof APPLICATION_PREFIX - 1) == 0) configId += value_id(key, workspace);
    memset(workspace, 0, SETTINGS_VALUE_BYTES);
    free(workspace);
}

int32_t board_config_get(const uint8_t *key, uint32_t keyLength, uint8_t *value, uint32_t capacity)
{
    return settings_guest_get(settings, key, keyLength, value, capacity);
}

uint32_t board_config_id(void)
{
    return configId;
}
