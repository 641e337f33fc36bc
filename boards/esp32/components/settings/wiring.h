/**
 * What is wired to which pin. A text is a driver and comma-separated options, each at most once and in any order:
 *
 *     sht3x,sda=5,scl=6,address=0x44,quantity=temperature      address: 0x44 (default) or 0x45;
 *                                                              quantity: temperature (default), humidity
 *     bme280,sda=5,scl=6,address=0x76,quantity=pressure        address: 0x76 (default) or 0x77;
 *                                                              quantity: temperature (default), humidity, pressure
 *     internal                                                 the chip's own temperature; not every chip has it
 *     ds18b20,pin=4                                            only in builds with it
 *     constant,value=17.2                                      no probe at all: to try a board, -1000 to 2000 of any
 * unit
 *
 *     gpio,pin=8,active=high                                   active: high (default), low
 */
#ifndef WASMOTE_WIRING_H
#define WASMOTE_WIRING_H

#include <stdbool.h>
#include <stdint.h>

#include "probe.h"
#include "settings.h"

enum wiring_driver { WIRING_SHT3X, WIRING_BME280, WIRING_INTERNAL, WIRING_DS18B20, WIRING_CONSTANT, WIRING_GPIO };

struct sensor_wiring {
    enum wiring_driver driver;
    enum probe_quantity quantity;
    /** Of the I2C drivers. */
    uint8_t sda;
    uint8_t scl;
    uint8_t address;
    /** Of ds18b20. */
    uint8_t pin;
    /** Of constant, in thousandths. */
    int32_t value;
};

struct actuator_wiring {
    enum wiring_driver driver;
    uint8_t pin;
    /** Whether a value other than 0 makes the pin high, or low. */
    bool activeHigh;
};

/** @return true and `*wiring` is set; or false, and `text` says what is wrong, with the cure. */
bool wiring_sensor(const char *value, uint32_t length, const struct settings_chip *chip, struct sensor_wiring *wiring,
                   char text[SETTINGS_TEXT_BYTES]);
bool wiring_actuator(const char *value, uint32_t length, const struct settings_chip *chip,
                     struct actuator_wiring *wiring, char text[SETTINGS_TEXT_BYTES]);

#endif
