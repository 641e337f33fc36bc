/** What the status LED does; plain C. */
#ifndef WASMOTE_ESP32_LED_PATTERN_H
#define WASMOTE_ESP32_LED_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "devices.h"

/** Milliseconds between two looks. */
#define LED_TICK_MS 100

/** Whether the LED is lit in this tick, counted from anywhere. */
static inline bool led_pattern(enum led_state state, uint32_t tick)
{
    /* One bit for each tenth of a second, the first one lowest. */
    static const uint16_t patterns[] = {
        [LED_OFF] = 0, [LED_SAFE] = 0x155, [LED_NO_NETWORK] = 0x01f, [LED_NO_BROKER] = 0x005, [LED_CONNECTED] = 0x3ff,
    };
    return (patterns[state] >> tick % 10 & 1) != 0;
}

#endif
