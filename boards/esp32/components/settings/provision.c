#include "provision.h"

#include <stdio.h>
#include <string.h>

#include "crc32.h"

#define TITLE "wasmote provision "
#define VERSION "1"
#define CRC_KEY "crc32"
#define CRC_DIGITS 8
#define ERASED 0xff

/* What the next byte belongs to. The first line, whole, is kept in `value`. */
enum part { TITLE_LINE, KEY, VALUE, ERASED_REST, ENDED };

static bool end(struct provision *provision, enum provision_outcome outcome)
{
    provision->outcome = outcome;
    provision->part = ENDED;
    /* A secret may have been in it. */
    memset(provision->value, 0, sizeof provision->value);
    return false;
}

void provision_init(struct provision *provision, const struct settings *settings, provision_sink sink, void *context)
{
    memset(provision, 0, sizeof *provision);
    provision->outcome = PROVISION_READING;
    provision->line = 1;
    provision->settings = settings;
    provision->sink = sink;
    provision->context = context;
    provision->part = TITLE_LINE;
}

static bool add(char *text, uint32_t *length, uint32_t capacity, uint8_t byte)
{
    /* One is left for a NUL. */
    if (*length + 1 >= capacity) return false;
    text[(*length)++] = (char)byte;
    text[*length] = '\0';
    return true;
}

/* The first byte that differs from the title decides whether this is another text, or one that a power cut has ended.
 */
static bool take_title(struct provision *provision, uint8_t byte)
{
    const uint32_t titleLength = sizeof TITLE - 1;
    uint32_t at = provision->valueLength;
    if (at == 0 && byte == ERASED) return end(provision, PROVISION_NOTHING);
    if (at < titleLength) {
        if (byte != (uint8_t)TITLE[at]) return end(provision, byte == ERASED ? PROVISION_CUT_OFF : PROVISION_FOREIGN);
        provision->valueLength++;
        return true;
    }
    if (byte == '\n') {
        if (strcmp(provision->value, VERSION) != 0) return end(provision, PROVISION_VERSION);
        provision->part = KEY;
        provision->line++;
        provision->lineCrc = provision->crc;
        return true;
    }
    if (byte == ERASED) return end(provision, PROVISION_CUT_OFF);
    uint32_t versionLength = at - titleLength;
    if (!add(provision->value, &versionLength, sizeof provision->value, byte)) return end(provision, PROVISION_VERSION);
    provision->valueLength = titleLength + versionLength;
    return true;
}

static bool take_key(struct provision *provision, uint8_t byte)
{
    if (byte == '=') {
        provision->part = VALUE;
        provision->valueLength = 0;
        provision->value[0] = '\0';
        return true;
    }
    if (byte == ERASED) return end(provision, PROVISION_CUT_OFF);
    if (byte <= ' ' || byte > '~' || !add(provision->key, &provision->keyLength, sizeof provision->key, byte))
        return end(provision, PROVISION_LINE);
    return true;
}

static bool is_crc(const struct provision *provision)
{
    char digits[CRC_DIGITS + 1];
    (void)snprintf(digits, sizeof digits, "%08lx", (unsigned long)provision->lineCrc);
    return strcmp(provision->value, digits) == 0;
}

static bool take_line(struct provision *provision)
{
    if (strcmp(provision->key, CRC_KEY) == 0) {
        if (!is_crc(provision)) return end(provision, PROVISION_CRC);
        provision->part = ERASED_REST;
        return true;
    }
    struct settings_problem *problem = &provision->problem;
    const struct setting *setting = settings_find(provision->key, provision->keyLength);
    if (setting == NULL || provision->valueLength > 0) {
        enum settings_code code =
            settings_check(provision->settings, provision->key, provision->value, provision->valueLength, problem);
        if (code != SETTINGS_OK) return end(provision, PROVISION_SETTING);
    }
    if (provision->sink != NULL && provision->sink(provision->context, provision->key, provision->value,
                                                   provision->valueLength, problem) != SETTINGS_OK)
        return end(provision, PROVISION_SINK);
    provision->count++;
    provision->line++;
    provision->lineCrc = provision->crc;
    provision->part = KEY;
    provision->keyLength = 0;
    provision->key[0] = '\0';
    return true;
}

/* The last line needs no line feed: erased flash ends it too, or the end of the bytes. */
static bool is_last_line(const struct provision *provision)
{
    return provision->part == VALUE && strcmp(provision->key, CRC_KEY) == 0;
}

static bool take_value(struct provision *provision, uint8_t byte)
{
    if (byte == ERASED) {
        /* No byte of UTF-8. */
        return is_last_line(provision) ? take_line(provision) : end(provision, PROVISION_CUT_OFF);
    }
    if (provision->escaped) {
        provision->escaped = false;
        if (byte != '\\' && byte != 'n') return end(provision, PROVISION_LINE);
        if (byte == 'n') byte = '\n';
    } else if (byte == '\n') {
        return take_line(provision);
    } else if (byte == '\\') {
        provision->escaped = true;
        return true;
    }
    if (byte == '\0' || !add(provision->value, &provision->valueLength, sizeof provision->value, byte))
        return end(provision, PROVISION_LINE);
    return true;
}

static bool take(struct provision *provision, uint8_t byte)
{
    switch ((enum part)provision->part) {
    case TITLE_LINE:
        return take_title(provision, byte);
    case KEY:
        return take_key(provision, byte);
    case VALUE:
        return take_value(provision, byte);
    case ERASED_REST:
        return byte == ERASED || end(provision, PROVISION_TRAILING);
    case ENDED:
        break;
    }
    return false;
}

bool provision_feed(struct provision *provision, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        provision->crc = crc32(provision->crc, &bytes[i], 1);
        if (!take(provision, bytes[i])) return false;
    }
    return provision->part != ENDED;
}

enum provision_outcome provision_end(struct provision *provision)
{
    if (is_last_line(provision)) (void)take_line(provision);
    if (provision->part == ERASED_REST) {
        (void)end(provision, PROVISION_DONE);
    } else if (provision->part != ENDED) {
        bool nothing = provision->part == TITLE_LINE && provision->valueLength == 0;
        (void)end(provision, nothing ? PROVISION_NOTHING : PROVISION_CUT_OFF);
    }
    return provision->outcome;
}

void provision_describe(const struct provision *provision, char text[SETTINGS_TEXT_BYTES])
{
    static const char *const whats[] = {
        [PROVISION_READING] = "the provision text is being read",
        [PROVISION_DONE] = "the provision text is good",
        [PROVISION_NOTHING] = "there is no provision text",
        [PROVISION_FOREIGN] = "the partition provision holds something else; write a provision text to it, or erase it",
        [PROVISION_VERSION] = "the provision text is not of version 1; write it with tools of this firmware's version",
        [PROVISION_LINE] = "is not key=value, or is too long; in a value \\\\ is a backslash and \\n a line feed",
        [PROVISION_CRC] = "the provision text is damaged, its CRC is wrong; write it again",
        [PROVISION_CUT_OFF] = "the provision text ends too early; write it again, with its last line crc32=",
        [PROVISION_TRAILING] = "something stands behind the provision text; erase the partition before writing to it",
    };
    switch (provision->outcome) {
    case PROVISION_SETTING:
    case PROVISION_SINK:
        (void)snprintf(text, SETTINGS_TEXT_BYTES, "line %lu of the provision text: %.*s",
                       (unsigned long)provision->line, SETTINGS_TEXT_BYTES - 48, provision->problem.text);
        return;
    case PROVISION_LINE:
        (void)snprintf(text, SETTINGS_TEXT_BYTES, "line %lu of the provision text %s", (unsigned long)provision->line,
                       whats[provision->outcome]);
        return;
    default:
        (void)snprintf(text, SETTINGS_TEXT_BYTES, "%s", whats[provision->outcome]);
        return;
    }
}

enum settings_code provision_store(void *context, const char *key, const char *value, uint32_t length,
                                   struct settings_problem *problem)
{
    const struct settings *settings = context;
    return length > 0 ? settings_set(settings, key, value, length, problem) : settings_unset(settings, key, problem);
}
