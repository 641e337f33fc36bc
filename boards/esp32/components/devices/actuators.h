/** Channels of actuators. board.h has board_actuator_write(). */
#ifndef WASMOTE_ESP32_ACTUATORS_H
#define WASMOTE_ESP32_ACTUATORS_H

#include "settings.h"

/** Makes a channel of each setting `actuator0` to `actuator3`, at rest. */
void actuators_init(const struct settings *settings, char *workspace);

#endif
