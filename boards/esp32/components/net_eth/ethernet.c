#include <stdio.h>

#include "esp_eth.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "sdkconfig.h"

#include "mac.h"
#include "network.h"
#include "uplink.h"

static const char *const tag = "ethernet";

static esp_netif_t *interface;
static esp_eth_handle_t driver;
static bool linked;
static bool stopped;
static char address[16];

static esp_err_t install(void)
{
#if CONFIG_ETH_USE_OPENETH
    return openeth_install(&driver);
#elif CONFIG_ETH_SPI_ETHERNET_W5500
    return w5500_install(&driver);
#elif CONFIG_ETH_USE_ESP32_EMAC
    return emac_install(&driver);
#else
#error "sdkconfig enables no MAC that this chip has: set WASMOTE_NET to wifi, w5500, or emac on an ESP32"
#endif
}

static void on_ethernet(void *context, esp_event_base_t base, int32_t id, void *data)
{
    (void)context;
    (void)base;
    (void)data;
    if (stopped) return;
    if (id == ETHERNET_EVENT_CONNECTED) {
        linked = true;
        ESP_LOGI(tag, "the cable is connected");
    } else if (id == ETHERNET_EVENT_DISCONNECTED) {
        linked = false;
        network_down("the cable is not connected");
    }
}

/* DHCP goes on asking by itself, at growing intervals. But esp_netif remembers the address that it lost, and does not
 * tell when DHCP gets the same one again, unless DHCP was started anew. That also makes it ask at once. */
static void on_lost_ip(void)
{
    /* Nor had it an address before, if the network is down: it is asking. */
    if (stopped || !network_is_up()) return;
    network_down("DHCP took the address back");
    (void)esp_netif_dhcpc_stop(interface);
    esp_err_t error = esp_netif_dhcpc_start(interface);
    if (error != ESP_OK) ESP_LOGE(tag, "DHCP does not start again: %s", esp_err_to_name(error));
}

static void on_ip(void *context, esp_event_base_t base, int32_t id, void *data)
{
    (void)context;
    (void)base;
    if (id == IP_EVENT_ETH_GOT_IP) {
        const ip_event_got_ip_t *event = data;
        (void)snprintf(address, sizeof address, IPSTR, IP2STR(&event->ip_info.ip));
        network_up(address);
    } else if (id == IP_EVENT_ETH_LOST_IP) {
        on_lost_ip();
    }
}

bool uplink_start(const struct settings *settings)
{
    (void)settings;
    esp_netif_config_t config = ESP_NETIF_DEFAULT_ETH();
    bool ready = esp_netif_init() == ESP_OK && esp_event_loop_create_default() == ESP_OK;
    interface = ready ? esp_netif_new(&config) : NULL;
    esp_err_t error = interface != NULL ? install() : ESP_ERR_NO_MEM;
    if (error == ESP_OK) error = esp_netif_attach(interface, esp_eth_new_netif_glue(driver));
    if (error == ESP_OK) error = esp_event_handler_register(ETH_EVENT, ESP_EVENT_ANY_ID, on_ethernet, NULL);
    if (error == ESP_OK) error = esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, on_ip, NULL);
    if (error == ESP_OK) error = esp_eth_start(driver);
    if (error != ESP_OK) ESP_LOGE(tag, "Ethernet does not start: %s", esp_err_to_name(error));
    return error == ESP_OK;
}

void uplink_stop(void)
{
    stopped = true;
    (void)esp_eth_stop(driver);
}

void uplink_describe(char *text, size_t capacity)
{
    if (network_is_up()) {
        (void)snprintf(text, capacity, "ethernet, address %s", address);
    } else {
        (void)snprintf(text, capacity, "ethernet, %s", linked ? "waiting for an address" : "no cable");
    }
}
