/* Whether a value is one of its kind. No message quotes a value: it may be a secret. */

#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "pem.h"
#include "settings.h"
#include "url.h"
#include "wiring.h"

/* A value, and what is known of its key. */
struct subject {
    const struct settings *settings;
    const struct setting *setting;
    const char *key;
    const char *value;
    uint32_t length;
    struct settings_problem *problem;
};

static enum settings_code refuse(const struct subject *subject, const char *why)
{
    (void)snprintf(subject->problem->text, sizeof subject->problem->text, "%s %s", subject->key, why);
    return SETTINGS_INVALID;
}

static bool is_of(const struct subject *subject, const char *allowed)
{
    for (uint32_t i = 0; i < subject->length; i++)
        if (subject->value[i] == '\0' || strchr(allowed, subject->value[i]) == NULL) return false;
    return true;
}

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* How many bytes the UTF-8 character at `text` has; 0: it is none [RFC 3629]. */
static uint32_t character_bytes(const uint8_t *text, uint32_t length)
{
    uint32_t bytes = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    if (text[0] >= 0x80 && (text[0] < 0xc2 || text[0] > 0xf4)) return 0;
    if (bytes > length) return 0;
    for (uint32_t i = 1; i < bytes; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    /* Too long for what they say, surrogates, and what lies behind the last character. */
    if (text[0] == 0xe0 && text[1] < 0xa0) return 0;
    if (text[0] == 0xed && text[1] > 0x9f) return 0;
    if (text[0] == 0xf0 && text[1] < 0x90) return 0;
    if (text[0] == 0xf4 && text[1] > 0x8f) return 0;
    return bytes;
}

static enum settings_code check_text(const struct subject *subject)
{
    const uint8_t *text = (const uint8_t *)subject->value;
    for (uint32_t at = 0; at < subject->length;) {
        uint32_t bytes = character_bytes(text + at, subject->length - at);
        if (bytes == 0) return refuse(subject, "is not UTF-8; set the terminal to UTF-8 and type it again");
        /* C0, DEL and C1. */
        if (text[at] < 0x20 || text[at] == 0x7f || (text[at] == 0xc2 && text[at + 1] < 0xa0))
            return refuse(subject, "holds a control character; type it again without");
        at += bytes;
    }
    return SETTINGS_OK;
}

static enum settings_code check_id(const struct subject *subject)
{
    if (is_of(subject, DIGITS LETTERS "-_")) return SETTINGS_OK;
    return refuse(subject, "must be 1 to 23 of 0-9 A-Z a-z - _");
}

/* [IEEE 802.11i]: a passphrase of 8 to 63 ASCII characters, or the key itself. */
static enum settings_code check_passphrase(const struct subject *subject)
{
    for (uint32_t i = 0; i < subject->length; i++)
        if (subject->value[i] < ' ' || subject->value[i] > '~')
            return refuse(subject, "must be printable ASCII; a Wi-Fi's password has no other characters");
    if (subject->length < subject->setting->most || is_of(subject, DIGITS "ABCDEFabcdef")) return SETTINGS_OK;
    return refuse(subject, "must have 8 to 63 characters, or be 64 hexadecimal digits");
}

static enum settings_code check_url(const struct subject *subject)
{
    struct url url;
    const char *why = url_parse(subject->value, subject->length, &url);
    if (why == NULL) return SETTINGS_OK;
    (void)snprintf(subject->problem->text, sizeof subject->problem->text, "%s: %s", subject->key, why);
    return SETTINGS_INVALID;
}

static enum settings_code check_host(const struct subject *subject)
{
    /* With a colon, of IPv6. */
    if (is_of(subject, DIGITS LETTERS "-_.:")) return SETTINGS_OK;
    return refuse(subject, "must be a server's name or address, such as pool.ntp.org");
}

static enum settings_code check_number(const struct subject *subject)
{
    uint64_t number = 0;
    bool good = is_of(subject, DIGITS) && subject->length <= 10;
    for (uint32_t i = 0; good && i < subject->length; i++)
        number = number * 10 + (uint64_t)(subject->value[i] - '0');
    if (good && number >= subject->setting->least && number <= subject->setting->most) return SETTINGS_OK;
    (void)snprintf(subject->problem->text, sizeof subject->problem->text, "%s must be a whole number from %lu to %lu",
                   subject->key, (unsigned long)subject->setting->least, (unsigned long)subject->setting->most);
    return SETTINGS_INVALID;
}

static enum settings_code check_mqtt(const struct subject *subject)
{
    static const char four[] = "3.1.1";
    bool isFour = subject->length == sizeof four - 1 && memcmp(subject->value, four, subject->length) == 0;
    if (isFour || (subject->length == 1 && *subject->value == '5')) return SETTINGS_OK;
    return refuse(subject, "must be 3.1.1 or 5");
}

static enum settings_code check_pem(const struct subject *subject, bool privateKey)
{
    const char *why = "";
    switch (pem_check(subject->value, subject->length, privateKey, &why)) {
    case PEM_WHOLE:
        return SETTINGS_OK;
    case PEM_INCOMPLETE:
        (void)snprintf(subject->problem->text, sizeof subject->problem->text,
                       "%s is not complete: its END line is missing; append the rest", subject->key);
        return SETTINGS_INCOMPLETE;
    case PEM_WRONG:
        break;
    }
    return refuse(subject, why);
}

static enum settings_code check_wiring(const struct subject *subject, bool sensor)
{
    char text[SETTINGS_TEXT_BYTES];
    struct sensor_wiring sensorWiring;
    struct actuator_wiring actuatorWiring;
    const struct settings_chip *chip = subject->settings->chip;
    bool good = sensor ? wiring_sensor(subject->value, subject->length, chip, &sensorWiring, text)
                       : wiring_actuator(subject->value, subject->length, chip, &actuatorWiring, text);
    if (good) return SETTINGS_OK;
    (void)snprintf(subject->problem->text, sizeof subject->problem->text, "%s: %.*s", subject->key,
                   SETTINGS_TEXT_BYTES - SETTINGS_KEY_BYTES - 2, text);
    return SETTINGS_INVALID;
}

static enum settings_code check_kind(const struct subject *subject)
{
    switch (subject->setting->kind) {
    case SETTINGS_ID:
        return check_id(subject);
    case SETTINGS_TEXT:
        return check_text(subject);
    case SETTINGS_PASSPHRASE:
        return check_passphrase(subject);
    case SETTINGS_URL:
        return check_url(subject);
    case SETTINGS_HOST:
        return check_host(subject);
    case SETTINGS_NUMBER:
        return check_number(subject);
    case SETTINGS_MQTT:
        return check_mqtt(subject);
    case SETTINGS_CERTIFICATE:
        return check_pem(subject, false);
    case SETTINGS_PRIVATE_KEY:
        return check_pem(subject, true);
    case SETTINGS_SENSOR:
        return check_wiring(subject, true);
    case SETTINGS_ACTUATOR:
        return check_wiring(subject, false);
    }
    return SETTINGS_INVALID;
}

static enum settings_code check_length(const struct subject *subject)
{
    const struct setting *setting = subject->setting;
    /* A number's range is one of values. */
    if (setting->kind == SETTINGS_NUMBER || (subject->length >= setting->least && subject->length <= setting->most))
        return SETTINGS_OK;
    char *text = subject->problem->text;
    if (subject->length == 0) return refuse(subject, "has no value; give it one, or unset it");
    if (subject->length < setting->least) {
        (void)snprintf(text, SETTINGS_TEXT_BYTES, "%s has %lu bytes; it must have %lu at least", subject->key,
                       (unsigned long)subject->length, (unsigned long)setting->least);
        return SETTINGS_INVALID;
    }
    (void)snprintf(text, SETTINGS_TEXT_BYTES, "%s has %lu bytes; it may have %lu at most", subject->key,
                   (unsigned long)subject->length, (unsigned long)setting->most);
    return SETTINGS_TOO_LONG;
}

static enum settings_code unknown_key(const char *key, struct settings_problem *problem)
{
    char quote[NEAREST_BYTES + 1];
    uint32_t length = (uint32_t)strlen(key);
    const struct setting *nearest = settings_nearest(key, length);
    nearest_quote(key, length, quote);
    if (strncmp(key, "app.", 4) == 0) {
        (void)snprintf(problem->text, sizeof problem->text,
                       "\"%s\" is no key: behind app. come 1 to 11 of 0-9 A-Z a-z - _ .", quote);
    } else if (nearest != NULL) {
        const char *rest = nearest->family == 0 ? "" : nearest->family == SETTINGS_NAMED ? "<name>" : "0";
        (void)snprintf(problem->text, sizeof problem->text, "there is no setting \"%s\"; did you mean %s%s?", quote,
                       nearest->key, rest);
    } else {
        (void)snprintf(problem->text, sizeof problem->text,
                       "there is no setting \"%s\"; help lists them, and an application's own begin with app.", quote);
    }
    return SETTINGS_UNKNOWN_KEY;
}

enum settings_code settings_check(const struct settings *settings, const char *key, const char *value, uint32_t length,
                                  struct settings_problem *problem)
{
    problem->text[0] = '\0';
    const struct subject subject = {
        .settings = settings,
        .setting = settings_find(key, (uint32_t)strlen(key)),
        .key = key,
        .value = value,
        .length = length,
        .problem = problem,
    };
    if (subject.setting == NULL) {
        problem->code = unknown_key(key, problem);
    } else {
        problem->code = check_length(&subject);
        if (problem->code == SETTINGS_OK) problem->code = check_kind(&subject);
    }
    return problem->code;
}
