/** What the console's commands do. */
#ifndef WASMOTE_CONSOLE_COMMANDS_H
#define WASMOTE_CONSOLE_COMMANDS_H

#include <stdbool.h>

#include "console.h"

/** Runs the console's line, NUL-terminated and not empty, and answers. @return false if the device restarts. */
bool commands_run(struct console *console);

/** Whether what follows the line's bytes so far is a value that must not be shown. */
bool commands_hide(const struct console *console);

/** The last line of an answer that went well. @return true. */
bool commands_done(struct console *console);

/** The last line of an answer that went wrong; the text has the cure. */
void commands_fail(struct console *console, const char *code, const char *text);

#endif
