#include "wifi_reason.h"

#include "esp_wifi_types.h"

const char *wifi_reason_text(uint8_t reason)
{
    switch (reason) {
    case WIFI_REASON_NO_AP_FOUND:
        return "no network of that name is in reach: see wifi_ssid; it must be a 2.4 GHz network";
    case WIFI_REASON_AUTH_FAIL:
    case WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_MIC_FAILURE:
        return "the access point refuses the password: see wifi_password";
    case WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY:
    case WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD:
        return "the network's security is too weak for a password: it must be WPA2 or WPA3";
    case WIFI_REASON_NO_AP_FOUND_IN_RSSI_THRESHOLD:
    case WIFI_REASON_BEACON_TIMEOUT:
        return "the signal is lost or too weak";
    case WIFI_REASON_ASSOC_TOOMANY:
        return "the access point takes no more devices";
    case WIFI_REASON_ASSOC_LEAVE:
        return "it left";
    default:
        return "the access point ended the connection";
    }
}
