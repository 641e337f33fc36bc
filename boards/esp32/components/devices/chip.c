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

/* What this build takes of them itself. */
#if CONFIG_ETH_SPI_ETHERNET_W5500
#define W5500_PINS                                                                                      \
    (PIN(CONFIG_WASMOTE_W5500_SCLK) | PIN(CONFIG_WASMOTE_W5500_MOSI) | PIN(CONFIG_WASMOTE_W5500_MISO) | \
     PIN(CONFIG_WASMOTE_W5500_CS) | PIN(CONFIG_WASMOTE_W5500_INT))
#else
#define W5500_PINS 0
#endif
#if CONFIG_ETH_USE_ESP32_EMAC
#ifdef CONFIG_ETH_RMII_CLK_OUT_GPIO
#define RMII_CLOCK_PIN PIN(CONFIG_ETH_RMII_CLK_OUT_GPIO)
#else
#define RMII_CLOCK_PIN PIN(0)
#endif
#if CONFIG_WASMOTE_PHY_RESET >= 0
#define PHY_RESET_PIN PIN(CONFIG_WASMOTE_PHY_RESET)
#else
#define PHY_RESET_PIN 0
#endif
/* MDIO and MDC, on 18 and 23, and RMII. */
#define EMAC_PINS (PINS(18, 19) | PINS(21, 23) | PINS(25, 27) | RMII_CLOCK_PIN | PHY_RESET_PIN)
#else
#define EMAC_PINS 0
#endif
#if CONFIG_WASMOTE_LED >= 0
#define LED_PIN PIN(CONFIG_WASMOTE_LED)
#else
#define LED_PIN 0
#endif

#ifdef SOC_HP_I2C_NUM
#define BUSES SOC_HP_I2C_NUM
#else
#define BUSES SOC_I2C_NUM
#endif

const struct settings_chip chip = {
    .name = CONFIG_IDF_TARGET,
    .pins = FREE_PINS & ~(uint64_t)(W5500_PINS | EMAC_PINS | LED_PIN),
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
