/** What connects the board to its network. Each of net_wifi, net_eth and net_host has one, and a build has one of them.
 */
#ifndef WASMOTE_ESP32_UPLINK_H
#define WASMOTE_ESP32_UPLINK_H

#include <stdbool.h>
#include <stddef.h>

#include "settings.h"

/**
 * Begins to connect, and from then on connects again whenever the network is lost. It says how it goes by network_up()
 * and network_down(). False: it can't ever, and the log says why.
 */
bool uplink_start(const struct settings *settings);

/** Ends it before the chip sleeps. */
void uplink_stop(void);

/** One line for `status`. */
void uplink_describe(char *text, size_t capacity);

#endif
