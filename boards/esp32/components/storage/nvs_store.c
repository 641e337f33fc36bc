#include "nvs_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "nvs.h"
#include "nvs_flash.h"

#include "abi.h"

#define NAMESPACE "wasmote"

static const char *const tag = "storage";

static nvs_handle_t handle;

static int32_t hal_error(esp_err_t error)
{
    switch (error) {
    case ESP_OK:
        return 0;
    case ESP_ERR_NVS_NOT_FOUND:
        return HAL_ENOENT;
    case ESP_ERR_NVS_NOT_ENOUGH_SPACE:
    case ESP_ERR_NVS_VALUE_TOO_LONG:
        return HAL_EOVERFLOW;
    default:
        return HAL_EIO;
    }
}

/* NVS has a NUL behind each string, for which the caller need not have room. */
static int32_t get(void *context, const char *key, char *value, uint32_t capacity)
{
    (void)context;
    size_t size = 0;
    esp_err_t error = nvs_get_str(handle, key, NULL, &size);
    if (error != ESP_OK) return hal_error(error);
    if (size == 0) return HAL_EIO;
    if (size - 1 > capacity) return HAL_EOVERFLOW;
    if (size <= capacity) {
        error = nvs_get_str(handle, key, value, &size);
        return error == ESP_OK ? (int32_t)(size - 1) : hal_error(error);
    }
    char *copy = malloc(size);
    if (copy == NULL) return HAL_EIO;
    error = nvs_get_str(handle, key, copy, &size);
    if (error == ESP_OK) memcpy(value, copy, size - 1);
    free(copy);
    return error == ESP_OK ? (int32_t)(size - 1) : hal_error(error);
}

static int32_t set(void *context, const char *key, const char *value, uint32_t length)
{
    (void)context;
    char *text = malloc(length + 1);
    if (text == NULL) return HAL_EIO;
    memcpy(text, value, length);
    text[length] = '\0';
    esp_err_t error = nvs_set_str(handle, key, text);
    free(text);
    return hal_error(error == ESP_OK ? nvs_commit(handle) : error);
}

static int32_t erase(void *context, const char *key)
{
    (void)context;
    esp_err_t error = nvs_erase_key(handle, key);
    if (error == ESP_ERR_NVS_NOT_FOUND) return 0;
    return hal_error(error == ESP_OK ? nvs_commit(handle) : error);
}

static int32_t key_at(void *context, uint32_t index, char key[SETTINGS_KEY_BYTES])
{
    (void)context;
    nvs_iterator_t iterator = NULL;
    esp_err_t error = nvs_entry_find(NVS_DEFAULT_PART_NAME, NAMESPACE, NVS_TYPE_STR, &iterator);
    for (; error == ESP_OK && index > 0; index--)
        error = nvs_entry_next(&iterator);
    nvs_entry_info_t info;
    if (error == ESP_OK) error = nvs_entry_info(iterator, &info);
    if (error == ESP_OK) (void)snprintf(key, SETTINGS_KEY_BYTES, "%s", info.key);
    nvs_release_iterator(iterator);
    return hal_error(error);
}

const struct settings_store *nvs_store_open(void)
{
    static const struct settings_store store = {.get = get, .set = set, .erase = erase, .key = key_at};
    esp_err_t error = nvs_flash_init();
    if (error == ESP_ERR_NVS_NO_FREE_PAGES || error == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        ESP_LOGE(tag, "the settings can't be read (%s) and are erased: set them again", esp_err_to_name(error));
        error = nvs_flash_erase();
        if (error == ESP_OK) error = nvs_flash_init();
    }
    if (error == ESP_OK) error = nvs_open(NAMESPACE, NVS_READWRITE, &handle);
    if (error == ESP_OK) return &store;
    ESP_LOGE(tag, "the settings can't be opened: %s", esp_err_to_name(error));
    return NULL;
}

int32_t nvs_store_erase(void)
{
    esp_err_t error = nvs_erase_all(handle);
    return hal_error(error == ESP_OK ? nvs_commit(handle) : error);
}
