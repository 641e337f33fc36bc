/* What one setting can't know of the others. */

#include <stdio.h>
#include <string.h>

#include "settings.h"
#include "wiring.h"

#define PINS 64

/* What a pin is used for. An I2C line may serve several probes. */
enum role { ROLE_FREE, ROLE_SDA, ROLE_SCL, ROLE_ALONE };

struct use {
    enum role role;
    /** The other line of an I2C pair. */
    uint8_t partner;
    /** The key that used it first. */
    char key[SETTINGS_KEY_BYTES];
};

struct review {
    const struct settings *settings;
    char *workspace;
    void (*found)(void *, const struct settings_problem *);
    void *context;
    uint32_t problems;
    uint32_t buses;
    struct use uses[PINS];
};

static void report(struct review *review, enum settings_code code, const char *text)
{
    struct settings_problem problem = {.code = code};
    (void)snprintf(problem.text, sizeof problem.text, "%s", text);
    review->problems++;
    review->found(review->context, &problem);
}

static bool is_set(const struct review *review, const char *key)
{
    const struct settings_store *store = review->settings->store;
    return store->get(store->context, key, review->workspace, SETTINGS_VALUE_BYTES) >= 0;
}

/* Each value by itself: this chip, build or version may take other values than the one that stored it. */
static int32_t check_value(struct review *review, const char *key)
{
    struct settings_problem problem;
    const struct settings_store *store = review->settings->store;
    int32_t length = store->get(store->context, key, review->workspace, SETTINGS_VALUE_BYTES - 1);
    if (length < 0) return length;
    if (settings_check(review->settings, key, review->workspace, (uint32_t)length, &problem) == SETTINGS_OK)
        return length;
    review->problems++;
    review->found(review->context, &problem);
    return -1;
}

/* `key` is of no use, or fails, without `other`. */
static void check_pair(struct review *review, const char *key, const char *other, const char *cure)
{
    char text[SETTINGS_TEXT_BYTES];
    if (!is_set(review, key) || is_set(review, other)) return;
    (void)snprintf(text, sizeof text, "%s is set without %s; %s", key, other, cure);
    report(review, SETTINGS_CONFLICT, text);
}

/* Pins ------------------------------------------------------------------------------------------------------------- */

/* @return whether the pin was free. */
static bool claim(struct review *review, const char *key, uint8_t pin, enum role role, uint8_t partner)
{
    struct use *use = &review->uses[pin];
    if (use->role == ROLE_FREE) {
        *use = (struct use){.role = role, .partner = partner};
        (void)snprintf(use->key, sizeof use->key, "%s", key);
        return true;
    }
    if (role == ROLE_ALONE || use->role != role || use->partner != partner) {
        char text[SETTINGS_TEXT_BYTES];
        (void)snprintf(text, sizeof text,
                       "%s and %s both use GPIO %u, for different things; wire one of them elsewhere", use->key, key,
                       (unsigned)pin);
        report(review, SETTINGS_CONFLICT, text);
    }
    return false;
}

static void claim_sensor(struct review *review, const char *key, const struct sensor_wiring *wiring)
{
    if (wiring->driver == WIRING_INTERNAL || wiring->driver == WIRING_CONSTANT) return;
    if (wiring->driver == WIRING_DS18B20) {
        (void)claim(review, key, wiring->pin, ROLE_ALONE, 0);
        return;
    }
    bool isNew = claim(review, key, wiring->sda, ROLE_SDA, wiring->scl);
    isNew = claim(review, key, wiring->scl, ROLE_SCL, wiring->sda) && isNew;
    if (!isNew || ++review->buses != review->settings->chip->buses + 1) return;
    char text[SETTINGS_TEXT_BYTES];
    (void)snprintf(text, sizeof text,
                   "%s needs one more pair of I2C lines than an %s has; wire it to the lines of another", key,
                   review->settings->chip->name);
    report(review, SETTINGS_CONFLICT, text);
}

static void check_wirings(struct review *review, const char *prefix, uint32_t channels, bool sensor)
{
    for (uint32_t channel = 0; channel < channels; channel++) {
        char key[SETTINGS_KEY_BYTES];
        char text[SETTINGS_TEXT_BYTES];
        struct sensor_wiring sensorWiring;
        struct actuator_wiring actuatorWiring;
        const struct settings_chip *chip = review->settings->chip;
        (void)snprintf(key, sizeof key, "%s%u", prefix, (unsigned)channel);
        int32_t length = check_value(review, key);
        if (length < 0) continue;
        if (sensor && wiring_sensor(review->workspace, (uint32_t)length, chip, &sensorWiring, text))
            claim_sensor(review, key, &sensorWiring);
        if (!sensor && wiring_actuator(review->workspace, (uint32_t)length, chip, &actuatorWiring, text))
            (void)claim(review, key, actuatorWiring.pin, ROLE_ALONE, 0);
    }
}

uint32_t settings_review(const struct settings *settings, char *workspace,
                         void (*found)(void *context, const struct settings_problem *problem), void *context)
{
    struct review review = {.settings = settings, .found = found, .context = context};
    review.workspace = workspace;
    for (uint32_t i = 0; i < settingsTableLength; i++)
        if (settingsTable[i].family == 0) (void)check_value(&review, settingsTable[i].key);
    check_pair(&review, "wifi_password", "wifi_ssid", "set the Wi-Fi's name too");
    check_pair(&review, "password", "username", "MQTT 3.1.1 needs both");
    check_pair(&review, "cert", "key", "set its private key too");
    check_pair(&review, "key", "cert", "set the certificate that it belongs to, too");
    check_wirings(&review, "sensor", SETTINGS_SENSORS, true);
    check_wirings(&review, "actuator", SETTINGS_ACTUATORS, false);
    return review.problems;
}
