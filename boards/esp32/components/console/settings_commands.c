#include "settings_commands.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "commands.h"
#include "url.h"

/* A value is written in pieces of about so many bytes. */
#define PIECE_BYTES 64

/* Answers ---------------------------------------------------------------------------------------------------------- */

static bool fail(struct console *console, const struct settings_problem *problem)
{
    commands_fail(console, settings_code_name(problem->code), problem->text);
    return true;
}

static void write_bytes(const struct console *console, const char *text, uint32_t length)
{
    console->platform->write(console->platform->context, text, length);
}

static void write_text(const struct console *console, const char *text)
{
    write_bytes(console, text, (uint32_t)strlen(text));
}

/* As set and append take it: a line feed as \n, a backslash as \\. */
static void write_escaped(const struct console *console, const char *value, uint32_t length)
{
    char piece[PIECE_BYTES + 2];
    uint32_t used = 0;
    for (uint32_t i = 0; i < length; i++) {
        char c = value[i];
        if (c == '\n' || c == '\\') {
            piece[used++] = '\\';
            if (c == '\n') c = 'n';
        } else if ((uint8_t)c < ' ' || c == 0x7f) {
            c = '?';
        }
        piece[used++] = c;
        if (used < PIECE_BYTES) continue;
        write_bytes(console, piece, used);
        used = 0;
    }
    write_bytes(console, piece, used);
}

/* One line: `= key=value`; a default begins with `= (default) `. The value is in console->value. */
static void show(const struct console *console, const struct setting *setting, const char *key, uint32_t length,
                 bool isDefault, bool briefly)
{
    bool pem = setting->kind == SETTINGS_CERTIFICATE || setting->kind == SETTINGS_PRIVATE_KEY;
    write_text(console, isDefault ? "= (default) " : "= ");
    write_text(console, key);
    write_text(console, "=");
    if (setting->secret) {
        write_text(console, "***");
    } else if (pem && briefly) {
        char text[32];
        (void)snprintf(text, sizeof text, "(PEM, %lu bytes)", (unsigned long)length);
        write_text(console, text);
    } else if (setting->kind == SETTINGS_URL) {
        uint32_t shown = url_shown(console->value, length);
        write_escaped(console, console->value, shown);
        if (shown < length) write_text(console, "?***");
    } else {
        write_escaped(console, console->value, length);
    }
    write_text(console, "\r\n");
}

static bool unknown_key(struct console *console, const char *key)
{
    struct settings_problem problem;
    (void)settings_check(console->settings, key, "", 0, &problem);
    return fail(console, &problem);
}

static bool storage_failed(struct console *console)
{
    commands_fail(console, settings_code_name(SETTINGS_STORAGE), "the settings can't be read; restart");
    return true;
}

/* What is stored, in console->value; without the default. */
static int32_t stored(struct console *console, const char *key)
{
    const struct settings_store *store = console->settings->store;
    return store->get(store->context, key, console->value, SETTINGS_VALUE_BYTES - 1);
}

/* Commands --------------------------------------------------------------------------------------------------------- */

/* @return false if the store failed. */
static bool list_one(struct console *console, const struct setting *setting, const char *key)
{
    int32_t length = stored(console, key);
    bool isDefault = length == HAL_ENOENT;
    if (isDefault) length = settings_get(console->settings, key, console->value, sizeof console->value);
    if (length >= 0) show(console, setting, key, (uint32_t)length, isDefault, true);
    return length >= 0 || length == HAL_ENOENT;
}

static bool list_named(struct console *console, const struct setting *setting)
{
    char key[SETTINGS_KEY_BYTES];
    const struct settings_store *store = console->settings->store;
    int32_t error = 0;
    for (uint32_t i = 0; (error = store->key(store->context, i, key)) == 0; i++)
        if (settings_find(key, (uint32_t)strlen(key)) == setting && !list_one(console, setting, key)) return false;
    return error == HAL_ENOENT;
}

/* In the order of the table, whatever the store's is. */
bool settings_commands_list(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    for (uint32_t i = 0; i < settingsTableLength; i++) {
        const struct setting *setting = &settingsTable[i];
        bool good = true;
        if (setting->family == 0) {
            good = list_one(console, setting, setting->key);
        } else if (setting->family == SETTINGS_NAMED) {
            good = list_named(console, setting);
        } else {
            for (uint32_t number = 0; good && number < setting->family; number++) {
                char numbered[SETTINGS_KEY_BYTES];
                (void)snprintf(numbered, sizeof numbered, "%s%u", setting->key, (unsigned)number);
                good = list_one(console, setting, numbered);
            }
        }
        if (!good) return storage_failed(console);
    }
    return commands_done(console);
}

bool settings_commands_get(struct console *console, const char *key, const char *value)
{
    const struct setting *setting = settings_find(key, (uint32_t)strlen(key));
    (void)value;
    if (setting == NULL) return unknown_key(console, key);
    int32_t length = stored(console, key);
    bool isDefault = length == HAL_ENOENT;
    if (isDefault) length = settings_get(console->settings, key, console->value, sizeof console->value);
    if (length == HAL_ENOENT) {
        struct settings_problem problem = {.code = SETTINGS_NOT_SET};
        (void)snprintf(problem.text, sizeof problem.text, "%s is not set; set %s <value> sets it", key, key);
        return fail(console, &problem);
    }
    if (length < 0) return storage_failed(console);
    show(console, setting, key, (uint32_t)length, isDefault, false);
    return commands_done(console);
}

/* Undoes what write_escaped() does. @return how many bytes that are, also if there is no room for them all; or -1: a
 * backslash stands alone. */
static int32_t unescape(const char *from, char *to, uint32_t room)
{
    uint32_t length = 0;
    for (; *from != '\0'; from++) {
        char c = *from;
        if (c == '\\') {
            c = *++from;
            if (c != '\\' && c != 'n') return -1;
            if (c == 'n') c = '\n';
        }
        if (length < room) to[length] = c;
        length++;
    }
    return (int32_t)length;
}

/* Sets the first `length` bytes of console->value, with `more` behind them. */
static bool store_value(struct console *console, const char *key, uint32_t length, const char *more)
{
    const uint32_t room = SETTINGS_VALUE_BYTES - 1 - length;
    int32_t moreLength = unescape(more, console->value + length, room);
    if (moreLength < 0) {
        commands_fail(console, "ESCAPE", "in a value, write \\\\ for a backslash and \\n for a line feed");
        return true;
    }
    struct settings_problem problem = {.code = SETTINGS_TOO_LONG};
    if ((uint32_t)moreLength > room) {
        (void)snprintf(problem.text, sizeof problem.text, "%s would have more than the %d bytes that can be stored",
                       key, SETTINGS_VALUE_BYTES - 1);
        return fail(console, &problem);
    }
    enum settings_code code =
        settings_set(console->settings, key, console->value, length + (uint32_t)moreLength, &problem);
    if (code == SETTINGS_INCOMPLETE) console_answer(console, "%s", problem.text);
    return code == SETTINGS_OK || code == SETTINGS_INCOMPLETE ? commands_done(console) : fail(console, &problem);
}

bool settings_commands_set(struct console *console, const char *key, const char *value)
{
    return store_value(console, key, 0, value);
}

bool settings_commands_append(struct console *console, const char *key, const char *value)
{
    if (settings_find(key, (uint32_t)strlen(key)) == NULL) return unknown_key(console, key);
    int32_t length = stored(console, key);
    if (length < 0 && length != HAL_ENOENT) return storage_failed(console);
    return store_value(console, key, length > 0 ? (uint32_t)length : 0, value);
}

bool settings_commands_unset(struct console *console, const char *key, const char *value)
{
    struct settings_problem problem;
    (void)value;
    if (settings_unset(console->settings, key, &problem) != SETTINGS_OK) return fail(console, &problem);
    return commands_done(console);
}
