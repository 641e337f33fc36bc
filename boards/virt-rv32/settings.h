/** What the bridge hands over before the node starts: its configuration, how many endpoints there are, the time. */
#ifndef WASMOTE_SETTINGS_H
#define WASMOTE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/** Forgets everything. */
void settings_clear(void);

/** A payload of CONFIG has arrived: any bytes. */
void settings_take(const uint8_t *payload, uint32_t length);

/** A payload of START has arrived: any bytes. @return whether it is one, and all that it counts had come before it. */
bool settings_take_start(const uint8_t *payload, uint32_t length);

/** How many endpoints the node may open: 0 to that, less one. */
uint32_t settings_endpoints(void);

#endif
