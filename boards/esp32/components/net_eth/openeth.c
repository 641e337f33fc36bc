#include "mac.h"

#include "sdkconfig.h"

#if CONFIG_ETH_USE_OPENETH

esp_err_t openeth_install(esp_eth_handle_t *handle)
{
    eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
    eth_phy_config_t phy = ETH_PHY_DEFAULT_CONFIG();
    /* The emulator's link is up at once. */
    phy.autonego_timeout_ms = 100;
    esp_eth_config_t config = ETH_DEFAULT_CONFIG(esp_eth_mac_new_openeth(&mac), esp_eth_phy_new_dp83848(&phy));
    return config.mac != NULL && config.phy != NULL ? esp_eth_driver_install(&config, handle) : ESP_ERR_NO_MEM;
}

#endif
