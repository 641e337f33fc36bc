/** Settings in NVS: namespace `wasmote`, each value a string. */
#ifndef WASMOTE_ESP32_NVS_STORE_H
#define WASMOTE_ESP32_NVS_STORE_H

#include <stdbool.h>

#include "settings.h"

/** Opens NVS; a partition that is full of another version's data, or damaged, is erased. NULL: the flash failed. */
const struct settings_store *nvs_store_open(void);

/** Erases all settings. @return 0, or HAL_EIO. */
int32_t nvs_store_erase(void);

#endif
