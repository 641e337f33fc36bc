/** What is wired to the chip, as the settings say. board.h has what the node sees of it. */
#ifndef WASMOTE_ESP32_DEVICES_H
#define WASMOTE_ESP32_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "settings.h"

/** This chip, for the checks of settings. */
extern const struct settings_chip chip;

/** Writes `node-` and the end of the chip's MAC address. */
void chip_id(char id[SETTINGS_ID_BYTES]);

/** Makes channels of the settings `sensor0` and on, and `actuator0` and on. What is wrong with one is in the log. */
void devices_init(const struct settings *settings);

/** What the status LED shows; docs/esp32.md has the patterns. */
enum led_state {
    LED_OFF,
    /** No module runs. */
    LED_SAFE,
    /** There is no network. */
    LED_NO_NETWORK,
    /** There is a network, and no broker. */
    LED_NO_BROKER,
    /** The link to the broker is open. */
    LED_CONNECTED,
};

/** Does nothing in a build for a board without one. */
void led_init(void);

void led_show(enum led_state state);

#endif
