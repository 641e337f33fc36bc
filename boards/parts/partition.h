/** The partition `provision` as a file. */
#ifndef WASMOTE_PARTS_PARTITION_H
#define WASMOTE_PARTS_PARTITION_H

#include "provision.h"

/**
 * Does what a device does when it starts: checks the text, sets it, and erases the partition.
 *
 * @return how it ended, with `text` for the log; PROVISION_NOTHING if the file is not there.
 */
enum provision_outcome partition_take(const char *path, struct settings *settings, char text[SETTINGS_TEXT_BYTES]);

#endif
