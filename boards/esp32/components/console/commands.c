#include "commands.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "nearest.h"
#include "url.h"

/* A value is written in pieces of about so many bytes. */
#define PIECE_BYTES 64

/* What a command takes behind its name. */
enum arguments { NOTHING, KEY, KEY_AND_VALUE };

struct command {
    const char *name;
    enum arguments arguments;
    const char *usage;
    const char *help;
    /** @return false if the device restarts. */
    bool (*run)(struct console *console, const char *key, const char *value);
};

static const struct command *command_table(uint32_t *length);

/* Answers ---------------------------------------------------------------------------------------------------------- */

void commands_fail(struct console *console, const char *code, const char *text)
{
    console_answer(console, "error %s %s", code, text);
}

static bool done(struct console *console)
{
    console_answer(console, "ok");
    return true;
}

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

static bool run_help(struct console *console, const char *key, const char *value)
{
    uint32_t length = 0;
    const struct command *commands = command_table(&length);
    (void)key;
    (void)value;
    for (uint32_t i = 0; i < length; i++)
        console_answer(console, "%-23s %s", commands[i].usage, commands[i].help);
    console_answer(console, "Settings, which count from the next restart on:");
    for (uint32_t i = 0; i < settingsTableLength; i++) {
        const struct setting *setting = &settingsTable[i];
        char name[32];
        if (setting->family == SETTINGS_NAMED) {
            (void)snprintf(name, sizeof name, "%s<name>", setting->key);
        } else if (setting->family > 0) {
            (void)snprintf(name, sizeof name, "%s0 to %s%d", setting->key, setting->key, setting->family - 1);
        } else {
            (void)snprintf(name, sizeof name, "%s", setting->key);
        }
        console_answer(console, "%-23s %s", name, setting->help);
    }
    return done(console);
}

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
static bool run_list(struct console *console, const char *key, const char *value)
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
    return done(console);
}

static bool run_get(struct console *console, const char *key, const char *value)
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
    return done(console);
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
    return code == SETTINGS_OK || code == SETTINGS_INCOMPLETE ? done(console) : fail(console, &problem);
}

static bool run_set(struct console *console, const char *key, const char *value)
{
    return store_value(console, key, 0, value);
}

static bool run_append(struct console *console, const char *key, const char *value)
{
    if (settings_find(key, (uint32_t)strlen(key)) == NULL) return unknown_key(console, key);
    int32_t length = stored(console, key);
    if (length < 0 && length != HAL_ENOENT) return storage_failed(console);
    return store_value(console, key, length > 0 ? (uint32_t)length : 0, value);
}

static bool run_unset(struct console *console, const char *key, const char *value)
{
    struct settings_problem problem;
    (void)value;
    if (settings_unset(console->settings, key, &problem) != SETTINGS_OK) return fail(console, &problem);
    return done(console);
}

static bool run_status(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    console->platform->status(console->platform->context, console);
    return done(console);
}

static bool run_heap(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    console->platform->heap(console->platform->context, console);
    return done(console);
}

static bool run_module(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    console->platform->module(console->platform->context, console);
    return done(console);
}

static bool run_restart(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    (void)done(console);
    console->platform->restart(console->platform->context);
    return false;
}

static bool run_factory_reset(struct console *console, const char *key, const char *value)
{
    if (console->platform->factoryReset(console->platform->context) == 0) return run_restart(console, key, value);
    commands_fail(console, settings_code_name(SETTINGS_STORAGE), "the settings can't be erased; restart and try again");
    return true;
}

static const struct command *command_table(uint32_t *length)
{
    static const struct command commands[] = {
        {"help", NOTHING, "help", "shows this", run_help},
        {"list", NOTHING, "list", "shows what is set, and the defaults of what is not; secrets as ***", run_list},
        {"get", KEY, "get <key>", "shows one setting", run_get},
        {"set", KEY_AND_VALUE, "set <key> <value>", "sets it; \\n in a value is a line feed, \\\\ a backslash",
         run_set},
        {"append", KEY_AND_VALUE, "append <key> <more>", "adds to its end, for what is longer than a line", run_append},
        {"unset", KEY, "unset <key>", "forgets it; its default counts again", run_unset},
        {"status", NOTHING, "status", "shows how the node is", run_status},
        {"heap", NOTHING, "heap", "shows what memory is free", run_heap},
        {"module", NOTHING, "module", "shows the slots of modules", run_module},
        {"restart", NOTHING, "restart", "restarts the device", run_restart},
        {"factory-reset", NOTHING, "factory-reset", "forgets every setting, and restarts", run_factory_reset},
    };
    *length = sizeof commands / sizeof commands[0];
    return commands;
}

/* Lines ------------------------------------------------------------------------------------------------------------ */

/* Ends the word that `text` begins with by a NUL. @return what is behind the one space that follows it. */
static char *split(char *text)
{
    char *space = strchr(text, ' ');
    if (space == NULL) return text + strlen(text);
    *space = '\0';
    return space + 1;
}

static char *skip_spaces(char *text)
{
    return text + strspn(text, " ");
}

static bool wrong_usage(struct console *console, const struct command *command)
{
    char text[64];
    (void)snprintf(text, sizeof text, "write it as: %s", command->usage);
    commands_fail(console, "USAGE", text);
    return true;
}

static bool unknown_command(struct console *console, const char *name)
{
    char text[128];
    char quote[NEAREST_BYTES + 1];
    uint32_t length = 0;
    uint32_t best = NEAREST_FAR;
    const char *nearest = NULL;
    const struct command *commands = command_table(&length);
    nearest_quote(name, (uint32_t)strlen(name), quote);
    for (uint32_t i = 0; i < length; i++) {
        uint32_t distance = nearest_distance(name, (uint32_t)strlen(name), commands[i].name);
        if (distance >= best) continue;
        best = distance;
        nearest = commands[i].name;
    }
    if (nearest != NULL) {
        (void)snprintf(text, sizeof text, "there is no command \"%s\"; did you mean %s?", quote, nearest);
    } else {
        (void)snprintf(text, sizeof text, "there is no command \"%s\"; help lists them", quote);
    }
    commands_fail(console, "UNKNOWN_COMMAND", text);
    return true;
}

bool commands_run(struct console *console)
{
    uint32_t length = 0;
    const struct command *commands = command_table(&length);
    char *name = skip_spaces(console->line);
    char *key = skip_spaces(split(name));
    const struct command *command = NULL;
    for (uint32_t i = 0; i < length; i++)
        if (strcmp(name, commands[i].name) == 0) command = &commands[i];
    if (command == NULL) return unknown_command(console, name);
    char *value = split(key);
    bool hasKey = *key != '\0';
    /* A value is the rest of the line as it is, spaces at its end included. */
    if (command->arguments == KEY) value = skip_spaces(value);
    bool hasValue = *value != '\0';
    if (hasKey != (command->arguments != NOTHING) || hasValue != (command->arguments == KEY_AND_VALUE))
        return wrong_usage(console, command);
    return command->run(console, key, value);
}

bool commands_hide(const struct console *console)
{
    const char *line = console->line;
    const char *end = line + console->length;
    const char *word[2] = {NULL, NULL};
    uint32_t lengths[2] = {0, 0};
    for (uint32_t i = 0; i < 2; i++) {
        while (line < end && *line == ' ')
            line++;
        word[i] = line;
        while (line < end && *line != ' ')
            line++;
        lengths[i] = (uint32_t)(line - word[i]);
    }
    /* No space behind the key yet. */
    if (line == end) return false;
    bool takesValue =
        (lengths[0] == 3 && memcmp(word[0], "set", 3) == 0) || (lengths[0] == 6 && memcmp(word[0], "append", 6) == 0);
    const struct setting *setting = settings_find(word[1], lengths[1]);
    /* Whatever the command is, it may be a mistyped one; and a mistyped key may have been a secret's. */
    return setting != NULL ? setting->secret : takesValue;
}
