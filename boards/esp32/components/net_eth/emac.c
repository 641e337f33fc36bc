#include "mac.h"

#include "sdkconfig.h"

#if CONFIG_ETH_USE_ESP32_EMAC

esp_err_t emac_install(esp_eth_handle_t *handle)
{
    eth_esp32_emac_config_t emac = ETH_ESP32_EMAC_DEFAULT_CONFIG();
    eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
    eth_phy_config_t phy = ETH_PHY_DEFAULT_CONFIG();
    phy.phy_addr = CONFIG_WASMOTE_PHY_ADDRESS;
    phy.reset_gpio_num = CONFIG_WASMOTE_PHY_RESET;
    /* LAN87xx, IP101, RTL8201, DP83848 and KSZ80xx have the registers that this driver needs in common. */
    esp_eth_config_t config = ETH_DEFAULT_CONFIG(esp_eth_mac_new_esp32(&emac, &mac), esp_eth_phy_new_lan87xx(&phy));
    return config.mac != NULL && config.phy != NULL ? esp_eth_driver_install(&config, handle) : ESP_ERR_NO_MEM;
}

#endif
