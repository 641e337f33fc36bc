/**
 * The console on a serial line: lines that a person can type and a program can parse. boards/parts/README.md has the
 * commands and the form of the answers.
 *
 * Bytes go in by console_feed(), text comes out by console_platform.write. Nothing blocks, nothing is allocated. One
 * task feeds it, and its callbacks run in that task.
 */
#ifndef WASMOTE_CONSOLE_H
#define WASMOTE_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

/** Longest line, without its end. */
#define CONSOLE_LINE_BYTES 256

/** Longest answer of console_answer(), without its beginning and end; what is longer is cut. */
#define CONSOLE_ANSWER_BYTES 240

struct console;

/** What the board does for the console. */
struct console_platform {
    void *context;
    /**
     * Writes text. A line of an answer can come in pieces: the first begins with `= `, the last ends in a line feed,
     * and no log line may come in between.
     */
    void (*write)(void *context, const char *text, uint32_t length);
    /** These say what they have to say by console_answer(). */
    void (*status)(void *context, struct console *console);
    void (*heap)(void *context, struct console *console);
    void (*module)(void *context, struct console *console);
    /** Erases settings, checkpoints and sleep images, not the modules. @return 0, or HAL_EIO. */
    int32_t (*factoryReset)(void *context);
    /** Writes out what was written, and restarts. On a device it does not return. */
    void (*restart)(void *context);
};

/** About 4.4 KiB; only console.c looks inside. */
struct console {
    const struct console_platform *platform;
    const struct settings *settings;
    /** The line so far; NUL-terminated when it is whole. */
    char line[CONSOLE_LINE_BYTES + 1];
    uint32_t length;
    /** The line has become too long, and its rest is thrown away. */
    bool tooLong;
    /** The last byte was a carriage return: a line feed behind it ends no second line. */
    bool afterReturn;
    /** Inside of an escape sequence, such as an arrow key's: how far. */
    uint8_t escape;
    /** A value that is read, checked or shown. */
    char value[SETTINGS_VALUE_BYTES];
};

/** Shows the prompt. What it points to must live as long as the console. */
void console_init(struct console *console, const struct console_platform *platform, const struct settings *settings);

/** Takes bytes that were typed, and answers the lines that they end. */
void console_feed(struct console *console, const uint8_t *bytes, uint32_t length);

/**
 * Writes one line of an answer, as printf() does, behind `= `. What would end the line, or is no printable text, is
 * written as `?`.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void console_answer(struct console *console, const char *format, ...);

#endif
