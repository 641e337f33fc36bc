#include "devices.h"

#include <stdio.h>

#include "esp_mac.h"
#include "sdkconfig.h"
#include "soc/soc_caps.h"

#define PIN(number) (UINT64_C(1) << (number))
#define PINS(first, last) ((PIN((last) + 1) - 1) & ~(PIN(first) - 1))

/* GPIOs that can be outputs, without those of the flash, of the console's UART and of USB. */
#if CONFIG_IDF_TARGET_ESP32
#define FREE_PINS (PIN(0) | PIN(2) | PINS(4, 5) | PINS(12, 19) | PINS(21, 23) | PINS(25, 27) | PINS(32, 33))
#elif CONFIG_IDF_TARGET_ESP32S3
#define FREE_PINS (PINS(0, 18) | PIN(21) | PINS(38, 42) | PINS(45, 48))
#elif CONFIG_IDF_TARGET_ESP32C3
#define FREE_PINS PINS(0, 10)
#elif CONFIG_IDF_TARGET_ESP32C6
#define FREE_PINS (PINS(0, 11) | PINS(14, 15) | PINS(18, 23))
#else
#error "this chip is not one that the firmware knows: esp32, esp32s3, esp32c3, esp32c6"
#endif

#ifdef SOC_HP_I2C_NUM
#define BUSES SOC_HP_I2C_NUM
#else
#define BUSES SOC_I2C_NUM
#endif

const struct settings_chip chip = {
    .name = CONFIG_IDF_TARGET,
    .pins = FREE_PINS,
    .buses = BUSES,
#if SOC_TEMP_SENSOR_SUPPORTED
    .internal = true,
#endif
#if WASMOTE_DS18B20
    .ds18b20 = true,
#endif
};

void chip_id(char id[SETTINGS_ID_BYTES])
{
    uint8_t mac[6] = {0};
    (void)esp_efuse_mac_get_default(mac);
    (void)snprintf(id, SETTINGS_ID_BYTES, "node-%02x%02x%02x", mac[3], mac[4], mac[5]);
}
