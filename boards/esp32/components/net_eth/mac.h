/** The MACs that a build can have; sdkconfig enables one. Each function returns ESP_OK and the driver's handle. */
#ifndef WASMOTE_ESP32_MAC_H
#define WASMOTE_ESP32_MAC_H

#include "esp_err.h"
#include "esp_eth.h"

/** The emulator's OpenCores MAC. */
esp_err_t openeth_install(esp_eth_handle_t *handle);

/** A W5500 on SPI, on the pins that sdkconfig names. */
esp_err_t w5500_install(esp_eth_handle_t *handle);

/** The ESP32's own MAC with a PHY of the usual registers. */
esp_err_t emac_install(esp_eth_handle_t *handle);

#endif
