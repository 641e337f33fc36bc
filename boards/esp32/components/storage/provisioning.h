/** Takes over what a factory wrote into the partition `provision`: provision.h has the format. */
#ifndef WASMOTE_ESP32_PROVISIONING_H
#define WASMOTE_ESP32_PROVISIONING_H

#include "settings.h"

/**
 * Sets everything that the partition says, or nothing, and then erases it. A text that is wrong stays where it is, and
 * the log says what is wrong with it.
 */
void provisioning_import(const struct settings *settings);

#endif
