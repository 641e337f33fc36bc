#include "mac.h"

#include "sdkconfig.h"

#if CONFIG_ETH_SPI_ETHERNET_W5500

#include "driver/gpio.h"
#include "driver/spi_master.h"
#include "esp_mac.h"

#define CLOCK_HZ (20 * 1000 * 1000)

esp_err_t w5500_install(esp_eth_handle_t *handle)
{
    const spi_bus_config_t bus = {
        .sclk_io_num = CONFIG_WASMOTE_W5500_SCLK,
        .mosi_io_num = CONFIG_WASMOTE_W5500_MOSI,
        .miso_io_num = CONFIG_WASMOTE_W5500_MISO,
        .quadwp_io_num = -1,
        .quadhd_io_num = -1,
    };
    spi_device_interface_config_t device = {
        .mode = 0, .clock_speed_hz = CLOCK_HZ, .spics_io_num = CONFIG_WASMOTE_W5500_CS, .queue_size = 20};
    esp_err_t error = gpio_install_isr_service(0);
    if (error != ESP_OK && error != ESP_ERR_INVALID_STATE) return error;
    error = spi_bus_initialize(SPI2_HOST, &bus, SPI_DMA_CH_AUTO);
    if (error != ESP_OK) return error;

    eth_w5500_config_t w5500 = ETH_W5500_DEFAULT_CONFIG(SPI2_HOST, &device);
    w5500.int_gpio_num = CONFIG_WASMOTE_W5500_INT;
    eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
    eth_phy_config_t phy = ETH_PHY_DEFAULT_CONFIG();
    phy.reset_gpio_num = -1;
    esp_eth_config_t config = ETH_DEFAULT_CONFIG(esp_eth_mac_new_w5500(&w5500, &mac), esp_eth_phy_new_w5500(&phy));
    if (config.mac == NULL || config.phy == NULL) return ESP_ERR_NO_MEM;
    error = esp_eth_driver_install(&config, handle);
    if (error != ESP_OK) return error;

    /* It has no address of its own. */
    uint8_t address[6];
    error = esp_read_mac(address, ESP_MAC_ETH);
    return error == ESP_OK ? esp_eth_ioctl(*handle, ETH_CMD_S_MAC_ADDR, address) : error;
}

#endif
