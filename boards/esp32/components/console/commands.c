#include "commands.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "settings_commands.h"

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

bool commands_done(struct console *console)
{
    console_answer(console, "ok");
    return true;
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
    return commands_done(console);
}

static bool run_status(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    console->platform->status(console->platform->context, console);
    return commands_done(console);
}

static bool run_heap(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    console->platform->heap(console->platform->context, console);
    return commands_done(console);
}

static bool run_module(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    console->platform->module(console->platform->context, console);
    return commands_done(console);
}

static bool run_restart(struct console *console, const char *key, const char *value)
{
    (void)key;
    (void)value;
    (void)commands_done(console);
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
        {"list", NOTHING, "list", "shows what is set, and the defaults of what is not; secrets as ***",
         settings_commands_list},
        {"get", KEY, "get <key>", "shows one setting", settings_commands_get},
        {"set", KEY_AND_VALUE, "set <key> <value>", "sets it; \\n in a value is a line feed, \\\\ a backslash",
         settings_commands_set},
        {"append", KEY_AND_VALUE, "append <key> <more>", "adds to its end, for what is longer than a line",
         settings_commands_append},
        {"unset", KEY, "unset <key>", "forgets it; its default counts again", settings_commands_unset},
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
