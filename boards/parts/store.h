/** Settings in memory, and in a file if one is given: what NVS is on a device. */
#ifndef WASMOTE_PARTS_STORE_H
#define WASMOTE_PARTS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

extern const struct settings_store store;

/**
 * Reads the file, a line `key=value` for each setting with `\n` and `\\` escaped; it need not exist. Every change is
 * written to it.
 *
 * @param path NULL: memory only.
 * @param room how many bytes all keys and values may have together.
 * @return false if the file is there and can't be read.
 */
bool store_open(const char *path, uint32_t room);

/** Forgets everything. @return 0, or HAL_EIO. */
int32_t store_erase_all(void);

#endif
