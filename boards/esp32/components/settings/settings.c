#include "settings.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "nearest.h"

#define WIFI_NAME_BYTES 32
#define CREDENTIAL_BYTES 64
#define URL_BYTES 2048
#define HOST_BYTES 253
#define WIRING_BYTES 120
#define APPLICATION_BYTES 1000

const struct setting settingsTable[] = {
    {.key = "id",
     .kind = SETTINGS_ID,
     .guest = true,
     .least = 1,
     .most = SETTINGS_ID_BYTES - 1,
     .help = "the node's id, and its MQTT client identifier"},
    {.key = "wifi_ssid", .kind = SETTINGS_TEXT, .least = 1, .most = WIFI_NAME_BYTES, .help = "the Wi-Fi's name"},
    {.key = "wifi_password",
     .kind = SETTINGS_PASSPHRASE,
     .secret = true,
     .least = 8,
     .most = 64,
     .help = "the Wi-Fi's password; leave it unset for an open one"},
    {.key = "broker",
     .kind = SETTINGS_URL,
     .least = 1,
     .most = URL_BYTES,
     .help = "endpoint 0: mqtt://host:1883, mqtts://host:8883, ws://host/mqtt or wss://host/mqtt"},
    {.key = "broker2",
     .kind = SETTINGS_URL,
     .least = 1,
     .most = URL_BYTES,
     .help = "endpoint 1, for when the first does not answer"},
    {.key = "username",
     .kind = SETTINGS_TEXT,
     .guest = true,
     .least = 1,
     .most = CREDENTIAL_BYTES,
     .help = "the MQTT user name"},
    {.key = "password",
     .kind = SETTINGS_TEXT,
     .secret = true,
     .guest = true,
     .least = 1,
     .most = CREDENTIAL_BYTES,
     .help = "the MQTT password"},
    {.key = "interval",
     .kind = SETTINGS_NUMBER,
     .guest = true,
     .least = 100,
     .most = 86400000,
     .help = "milliseconds between two readings, 100 to 86400000"},
    {.key = "mqtt",
     .kind = SETTINGS_MQTT,
     .guest = true,
     .least = 1,
     .most = 5,
     .help = "3.1.1 or 5, for a module that speaks both"},
    {.key = "ca",
     .kind = SETTINGS_CERTIFICATE,
     .least = 1,
     .most = SETTINGS_VALUE_BYTES - 1,
     .help = "the CA certificates to trust, as PEM, instead of the built-in ones"},
    {.key = "cert",
     .kind = SETTINGS_CERTIFICATE,
     .least = 1,
     .most = SETTINGS_VALUE_BYTES - 1,
     .help = "this node's certificate and its chain, as PEM; needs key"},
    {.key = "key",
     .kind = SETTINGS_PRIVATE_KEY,
     .secret = true,
     .least = 1,
     .most = SETTINGS_VALUE_BYTES - 1,
     .help = "the private key of cert, as PEM, not encrypted"},
    {.key = "ntp",
     .kind = SETTINGS_HOST,
     .least = 1,
     .most = HOST_BYTES,
     .fallback = "pool.ntp.org",
     .help = "the server that sets the clock"},
    {.key = "sensor",
     .kind = SETTINGS_SENSOR,
     .family = SETTINGS_SENSORS,
     .least = 1,
     .most = WIRING_BYTES,
     .help = "a channel's probe, such as sht3x,sda=5,scl=6,quantity=humidity"},
    {.key = "actuator",
     .kind = SETTINGS_ACTUATOR,
     .family = SETTINGS_ACTUATORS,
     .least = 1,
     .most = WIRING_BYTES,
     .help = "a channel's output, such as gpio,pin=8,active=high"},
    {.key = "app.",
     .kind = SETTINGS_TEXT,
     .family = SETTINGS_NAMED,
     .guest = true,
     .least = 1,
     .most = APPLICATION_BYTES,
     .help = "what the application asks for by the name behind the point"},
};

const uint32_t settingsTableLength = sizeof settingsTable / sizeof settingsTable[0];

const char *settings_code_name(enum settings_code code)
{
    switch (code) {
    case SETTINGS_OK:
        return "OK";
    case SETTINGS_INCOMPLETE:
        return "INCOMPLETE";
    case SETTINGS_UNKNOWN_KEY:
        return "UNKNOWN_KEY";
    case SETTINGS_NOT_SET:
        return "NOT_SET";
    case SETTINGS_INVALID:
        return "INVALID";
    case SETTINGS_TOO_LONG:
        return "TOO_LONG";
    case SETTINGS_FULL:
        return "FULL";
    case SETTINGS_STORAGE:
        return "STORAGE";
    case SETTINGS_CONFLICT:
        return "CONFLICT";
    }
    return "UNKNOWN";
}

/* Keys ------------------------------------------------------------------------------------------------------------- */

static bool is_name(const char *text, uint32_t length)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.";
    for (uint32_t i = 0; i < length; i++)
        if (text[i] == '\0' || strchr(allowed, text[i]) == NULL) return false;
    return length > 0;
}

static bool is_of_family(const struct setting *setting, const char *rest, uint32_t length)
{
    if (setting->family == SETTINGS_NAMED) return is_name(rest, length);
    if (setting->family == 0) return length == 0;
    return length == 1 && *rest >= '0' && *rest < '0' + setting->family;
}

const struct setting *settings_find(const char *key, uint32_t length)
{
    if (length >= SETTINGS_KEY_BYTES) return NULL;
    for (uint32_t i = 0; i < settingsTableLength; i++) {
        const struct setting *setting = &settingsTable[i];
        uint32_t start = (uint32_t)strlen(setting->key);
        if (length >= start && memcmp(key, setting->key, start) == 0 &&
            is_of_family(setting, key + start, length - start))
            return setting;
    }
    return NULL;
}

const struct setting *settings_nearest(const char *key, uint32_t length)
{
    const struct setting *nearest = NULL;
    uint32_t best = NEAREST_FAR;
    for (uint32_t i = 0; i < settingsTableLength; i++) {
        uint32_t distance = nearest_distance(key, length, settingsTable[i].key);
        if (distance >= best) continue;
        best = distance;
        nearest = &settingsTable[i];
    }
    return nearest;
}

/* Values ----------------------------------------------------------------------------------------------------------- */

static int32_t copy(const char *text, char *value, uint32_t capacity)
{
    size_t length = strlen(text);
    if (length >= capacity) return HAL_EOVERFLOW;
    memcpy(value, text, length + 1);
    return (int32_t)length;
}

int32_t settings_get(const struct settings *settings, const char *key, char *value, uint32_t capacity)
{
    const struct setting *setting = settings_find(key, (uint32_t)strlen(key));
    if (setting == NULL) return HAL_ENOENT;
    if (capacity == 0) return HAL_EOVERFLOW;
    int32_t length = settings->store->get(settings->store->context, key, value, capacity - 1);
    if (length >= 0) value[length] = '\0';
    if (length != HAL_ENOENT) return length;
    const char *fallback = setting->kind == SETTINGS_ID ? settings->fallbackId : setting->fallback;
    return fallback != NULL ? copy(fallback, value, capacity) : HAL_ENOENT;
}

static enum settings_code storage_problem(const char *key, int32_t error, struct settings_problem *problem)
{
    problem->code = error == HAL_EOVERFLOW ? SETTINGS_FULL : SETTINGS_STORAGE;
    if (problem->code == SETTINGS_FULL) {
        (void)snprintf(problem->text, sizeof problem->text,
                       "there is no room left for %s; unset what is not needed, or shorten ca and cert", key);
    } else {
        (void)snprintf(problem->text, sizeof problem->text,
                       "%s could not be stored; restart, and try factory-reset if that does not help", key);
    }
    return problem->code;
}

enum settings_code settings_set(const struct settings *settings, const char *key, const char *value, uint32_t length,
                                struct settings_problem *problem)
{
    enum settings_code code = settings_check(settings, key, value, length, problem);
    if (code != SETTINGS_OK && code != SETTINGS_INCOMPLETE) return code;
    int32_t error = settings->store->set(settings->store->context, key, value, length);
    return error < 0 ? storage_problem(key, error, problem) : code;
}

enum settings_code settings_unset(const struct settings *settings, const char *key, struct settings_problem *problem)
{
    /* Whatever could be read as a key but is none gets the same answer as for settings_set(). */
    if (settings_find(key, (uint32_t)strlen(key)) == NULL) return settings_check(settings, key, "", 0, problem);
    *problem = (struct settings_problem){.code = SETTINGS_OK, .text = ""};
    int32_t error = settings->store->erase(settings->store->context, key);
    return error < 0 ? storage_problem(key, error, problem) : SETTINGS_OK;
}

/* For the module --------------------------------------------------------------------------------------------------- */

bool settings_guest_key(const uint8_t *name, uint32_t length, char key[SETTINGS_KEY_BYTES])
{
    static const char prefix[] = "app.";
    const uint32_t prefixLength = sizeof prefix - 1;
    if (length == 0 || length >= SETTINGS_KEY_BYTES) return false;
    memcpy(key, name, length);
    key[length] = '\0';
    const struct setting *setting = settings_find(key, length);
    if (setting != NULL && setting->guest && setting->family == 0) return true;
    if (length >= SETTINGS_KEY_BYTES - prefixLength || !is_name(key, length)) return false;
    memmove(key + prefixLength, key, length + 1);
    memcpy(key, prefix, prefixLength);
    return true;
}

int32_t settings_guest_get(const struct settings *settings, const uint8_t *name, uint32_t length, uint8_t *value,
                           uint32_t capacity)
{
    char key[SETTINGS_KEY_BYTES];
    if (!settings_guest_key(name, length, key)) return HAL_ENOENT;
    int32_t result = settings->store->get(settings->store->context, key, (char *)value, capacity);
    if (result != HAL_ENOENT || strcmp(key, "id") != 0) return result;
    size_t idLength = strlen(settings->fallbackId);
    if (idLength > capacity) return HAL_EOVERFLOW;
    memcpy(value, settings->fallbackId, idLength);
    return (int32_t)idLength;
}
