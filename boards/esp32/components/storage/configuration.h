/** What the module can ask of the settings. board.h has board_config_get() and board_config_id(). */
#ifndef WASMOTE_ESP32_CONFIGURATION_H
#define WASMOTE_ESP32_CONFIGURATION_H

#include "settings.h"

/** Settings that change later count from the next start on. `settings` must live as long as the firmware. */
void configuration_init(const struct settings *settings);

#endif
