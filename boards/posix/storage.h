/** Checkpoints of a PC: two slots in a file, in the format that host/storage has too. */
#ifndef WASMOTE_POSIX_STORAGE_H
#define WASMOTE_POSIX_STORAGE_H

#include <stddef.h>

/**
 * Opens the file, or makes it. NULL path: this board keeps no images. A second process on the same file is refused:
 * each would overwrite the other's.
 *
 * @return NULL, or what is wrong with it, in `text`.
 */
const char *storage_open(const char *path, char *text, size_t capacity);

#endif
