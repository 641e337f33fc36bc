/** The time of day, from SNTP. board.h has what the node sees of it. */
#ifndef WASMOTE_ESP32_CLOCK_H
#define WASMOTE_ESP32_CLOCK_H

#include "settings.h"

/** Takes over the server's name. */
void clock_init(const struct settings *settings);

/** The network is up: asks the server, and again every hour. */
void clock_start(void);

#endif
