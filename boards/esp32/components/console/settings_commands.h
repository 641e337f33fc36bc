/** Those of the console's commands that show and change settings. */
#ifndef WASMOTE_CONSOLE_SETTINGS_COMMANDS_H
#define WASMOTE_CONSOLE_SETTINGS_COMMANDS_H

#include <stdbool.h>

#include "console.h"

/* Each answers and returns true: the device does not restart. What a command does not take is empty. */
bool settings_commands_list(struct console *console, const char *key, const char *value);
bool settings_commands_get(struct console *console, const char *key, const char *value);
bool settings_commands_set(struct console *console, const char *key, const char *value);
bool settings_commands_append(struct console *console, const char *key, const char *value);
bool settings_commands_unset(struct console *console, const char *key, const char *value);

#endif
