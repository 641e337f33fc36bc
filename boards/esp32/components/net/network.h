/** Whether the board has a network. */
#ifndef WASMOTE_ESP32_NETWORK_H
#define WASMOTE_ESP32_NETWORK_H

#include <stdbool.h>

/** The board has an address. `address` is for the log. Said by the uplink, on any task. */
void network_up(const char *address);

/** The board has lost its network; its links end with HAL_ENETDOWN. `why` is for the log. */
void network_down(const char *why);

bool network_is_up(void);

#endif
