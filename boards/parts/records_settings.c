#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "little.h"
#include "provision.h"
#include "records.h"
#include "url.h"
#include "wiring.h"

static void show_hex(const char *text, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        (void)printf("%02x", (uint8_t)text[i]);
}

/* A key, a NUL, and a value to the end. */
static bool check_value(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    struct settings_problem problem;
    const uint8_t *nul = memchr(record, '\0', length);
    if (nul == NULL) return false;
    uint32_t keyLength = (uint32_t)(nul - record);
    (void)settings_check(settings, (const char *)record, (const char *)nul + 1, length - keyLength - 1, &problem);
    (void)printf("%s %s", settings_code_name(problem.code), problem.text);
    return true;
}

static bool parse_sensor(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    char text[SETTINGS_TEXT_BYTES];
    struct sensor_wiring wiring;
    if (!wiring_sensor((const char *)record, length, settings->chip, &wiring, text)) {
        (void)printf("error %s", text);
    } else {
        (void)printf("driver %d, quantity %d, sda %d, scl %d, address %d, pin %d, value %ld", wiring.driver,
                     wiring.quantity, wiring.sda, wiring.scl, wiring.address, wiring.pin, (long)wiring.value);
    }
    return true;
}

static bool parse_actuator(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    char text[SETTINGS_TEXT_BYTES];
    struct actuator_wiring wiring;
    if (!wiring_actuator((const char *)record, length, settings->chip, &wiring, text)) {
        (void)printf("error %s", text);
    } else {
        (void)printf("driver %d, pin %d, active %s", wiring.driver, wiring.pin, wiring.activeHigh ? "high" : "low");
    }
    return true;
}

static bool parse_url(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    struct url url;
    (void)settings;
    const char *why = url_parse((const char *)record, length, &url);
    if (why != NULL) {
        (void)printf("error %s", why);
    } else {
        (void)printf("%s%s %.*s %u ", url.webSocket ? "ws" : "mqtt", url.tls ? "s" : "", (int)url.hostLength, url.host,
                     (unsigned)url.port);
        (void)fwrite(url.path, 1, url.pathLength, stdout);
    }
    return true;
}

/* A name that the module asks for. */
static bool map_guest_key(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    char key[SETTINGS_KEY_BYTES];
    (void)settings;
    (void)printf("%s", settings_guest_key(record, length, key) ? key : "none");
    return true;
}

/* u16 bytes that the module has room for, then a name that it asks for. */
static bool get_for_guest(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    if (length < sizeof(uint16_t)) return false;
    uint32_t capacity = little_u16(record);
    uint8_t *value = malloc(capacity);
    if (value == NULL && capacity > 0) return false;
    int32_t result =
        settings_guest_get(settings, record + sizeof(uint16_t), length - (uint32_t)sizeof(uint16_t), value, capacity);
    (void)printf("%ld ", (long)result);
    if (result > 0) (void)fwrite(value, 1, (size_t)result, stdout);
    free(value);
    return true;
}

static enum settings_code show_setting(void *context, const char *key, const char *value, uint32_t length,
                                       struct settings_problem *problem)
{
    (void)context;
    (void)problem;
    (void)printf("%s=", key);
    show_hex(value, length);
    (void)printf(" ");
    return SETTINGS_OK;
}

static void feed(struct provision *provision, const uint8_t *text, uint32_t length, uint32_t pieceBytes)
{
    for (uint32_t at = 0; at < length; at += pieceBytes) {
        uint32_t piece = length - at < pieceBytes ? length - at : pieceBytes;
        if (!provision_feed(provision, text + at, piece)) return;
    }
}

/* u16 bytes in a piece, at least 1, then the partition. As a device does: all of it is checked before any of it is set.
 */
static bool read_provision(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    static struct provision provision;
    char text[SETTINGS_TEXT_BYTES];
    if (length < sizeof(uint16_t) || little_u16(record) == 0) return false;
    uint32_t pieceBytes = little_u16(record);
    record += sizeof(uint16_t);
    length -= (uint32_t)sizeof(uint16_t);
    provision_init(&provision, settings, NULL, NULL);
    feed(&provision, record, length, pieceBytes);
    enum provision_outcome checked = provision_end(&provision);
    if (checked == PROVISION_DONE) {
        uint32_t count = provision.count;
        provision_init(&provision, settings, show_setting, NULL);
        feed(&provision, record, length, pieceBytes);
        if (provision_end(&provision) != checked || provision.count != count) return false;
    }
    provision_describe(&provision, text);
    (void)printf("%lu; %s", (unsigned long)provision.count, text);
    return true;
}

record_handler records_settings(const char *mode)
{
    static const struct {
        const char *mode;
        record_handler handler;
    } handlers[] = {
        {"check", check_value},       {"sensor", parse_sensor}, {"actuator", parse_actuator},  {"url", parse_url},
        {"guest-key", map_guest_key}, {"guest", get_for_guest}, {"provision", read_provision},
    };
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (strcmp(mode, handlers[i].mode) == 0) return handlers[i].handler;
    return NULL;
}
