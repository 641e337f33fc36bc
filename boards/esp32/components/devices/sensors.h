/** Channels of readings. board.h has board_sensor_read(). */
#ifndef WASMOTE_ESP32_SENSORS_H
#define WASMOTE_ESP32_SENSORS_H

#include "settings.h"

/** Makes a channel of each setting `sensor0` to `sensor7`. */
void sensors_init(const struct settings *settings, char *workspace);

#endif
