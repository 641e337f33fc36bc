#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "esp_wifi.h"

#include "abi.h"
#include "backoff.h"
#include "network.h"
#include "uplink.h"
#include "wifi_reason.h"

/* Milliseconds that DHCP has, after the access point took the board. */
#define ADDRESS_MS 30000

static const char *const tag = "wifi";

static struct backoff backoff;
/* Runs until the next attempt, or until DHCP's time is over; which of the two says `associated`. */
static esp_timer_handle_t timer;
static bool associated;
static bool stopped;
static char address[16];

static void start_timer(uint32_t ms)
{
    (void)esp_timer_stop(timer);
    (void)esp_timer_start_once(timer, (uint64_t)ms * 1000);
}

static void on_timer(void *context)
{
    (void)context;
    if (stopped) return;
    if (associated) {
        ESP_LOGW(tag, "no address from DHCP within %d s", ADDRESS_MS / 1000);
        /* WIFI_EVENT_STA_DISCONNECTED follows, and with it the next attempt. */
        (void)esp_wifi_disconnect();
    } else {
        (void)esp_wifi_connect();
    }
}

static void on_disconnected(const wifi_event_sta_disconnected_t *event)
{
    associated = false;
    if (stopped) return;
    network_down("Wi-Fi is lost");
    uint32_t waitMs = backoff_next(&backoff, esp_random());
    ESP_LOGW(tag, "not connected (reason %u): %s; next attempt in %" PRIu32 " ms", event->reason,
             wifi_reason_text(event->reason), waitMs);
    start_timer(waitMs);
}

static void on_wifi(void *context, esp_event_base_t base, int32_t id, void *data)
{
    (void)context;
    (void)base;
    switch (id) {
    case WIFI_EVENT_STA_START:
        (void)esp_wifi_connect();
        break;
    case WIFI_EVENT_STA_CONNECTED:
        associated = true;
        start_timer(ADDRESS_MS);
        break;
    case WIFI_EVENT_STA_DISCONNECTED:
        on_disconnected(data);
        break;
    default:
        break;
    }
}

static void on_ip(void *context, esp_event_base_t base, int32_t id, void *data)
{
    (void)context;
    (void)base;
    if (id == IP_EVENT_STA_GOT_IP) {
        const ip_event_got_ip_t *event = data;
        (void)esp_timer_stop(timer);
        backoff_reset(&backoff);
        (void)snprintf(address, sizeof address, IPSTR, IP2STR(&event->ip_info.ip));
        network_up(address);
    } else if (id == IP_EVENT_STA_LOST_IP && associated && network_is_up()) {
        network_down("DHCP took the address back");
        /* If DHCP gets the same address again meanwhile, nothing tells of it: the time runs out all the same. */
        start_timer(ADDRESS_MS);
    }
}

/* False: no network is set. */
static bool configure(const struct settings *settings)
{
    wifi_config_t config = {.sta = {.pmf_cfg = {.capable = true}, .sae_pwe_h2e = WPA3_SAE_PWE_BOTH}};
    char ssid[sizeof config.sta.ssid + 1];
    char password[sizeof config.sta.password + 1];
    int32_t length = settings_get(settings, "wifi_ssid", ssid, sizeof ssid);
    if (length <= 0) {
        ESP_LOGE(tag, "no Wi-Fi is set: set wifi_ssid <name>, set wifi_password <password>, restart");
        return false;
    }
    memcpy(config.sta.ssid, ssid, (size_t)length);
    length = settings_get(settings, "wifi_password", password, sizeof password);
    if (length > 0) memcpy(config.sta.password, password, (size_t)length);
    memset(password, 0, sizeof password);
    config.sta.threshold.authmode = length > 0 ? WIFI_AUTH_WPA2_PSK : WIFI_AUTH_OPEN;
    esp_err_t error = esp_wifi_set_config(WIFI_IF_STA, &config);
    memset(&config, 0, sizeof config);
    if (error != ESP_OK) ESP_LOGE(tag, "the settings of Wi-Fi are not valid: %s", esp_err_to_name(error));
    return error == ESP_OK;
}

bool uplink_start(const struct settings *settings)
{
    const esp_timer_create_args_t timerArguments = {.callback = on_timer, .name = "wifi"};
    wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    /* ESP-IDF's own lines repeat what is said here. */
    esp_log_level_set("wifi_init", ESP_LOG_WARN);
    bool ready = esp_netif_init() == ESP_OK && esp_event_loop_create_default() == ESP_OK &&
                 esp_netif_create_default_wifi_sta() != NULL && esp_timer_create(&timerArguments, &timer) == ESP_OK &&
                 esp_wifi_init(&init) == ESP_OK && esp_wifi_set_storage(WIFI_STORAGE_RAM) == ESP_OK &&
                 esp_wifi_set_mode(WIFI_MODE_STA) == ESP_OK;
    if (!ready) {
        ESP_LOGE(tag, "Wi-Fi does not start: no memory is left");
        return false;
    }
    if (!configure(settings)) return false;
    ready = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, NULL) == ESP_OK &&
            esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, on_ip, NULL) == ESP_OK && esp_wifi_start() == ESP_OK;
    if (!ready) ESP_LOGE(tag, "Wi-Fi does not start");
    return ready;
}

void uplink_stop(void)
{
    stopped = true;
    (void)esp_wifi_stop();
}

void uplink_describe(char *text, size_t capacity)
{
    wifi_ap_record_t accessPoint;
    if (network_is_up() && esp_wifi_sta_get_ap_info(&accessPoint) == ESP_OK) {
        (void)snprintf(text, capacity, "wifi %.32s, channel %u, %d dBm, address %s", (const char *)accessPoint.ssid,
                       accessPoint.primary, accessPoint.rssi, address);
    } else {
        (void)snprintf(text, capacity, "wifi, %s", associated ? "waiting for an address" : "not connected");
    }
}
