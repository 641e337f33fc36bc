/** Why a Wi-Fi connection ended. */
#ifndef WASMOTE_ESP32_WIFI_REASON_H
#define WASMOTE_ESP32_WIFI_REASON_H

#include <stdint.h>

/** One line for a person, with the cure where there is one. Static text. `reason` is a wifi_err_reason_t. */
const char *wifi_reason_text(uint8_t reason);

#endif
