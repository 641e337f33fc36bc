#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"

#define PROMPT "wasmote> "
#define LINE_END "\r\n"

/* A character is wiped from the screen. */
#define RUBOUT "\b \b"

/* Control characters that mean something. */
enum control {
    CONTROL_C = 0x03,
    BACKSPACE = 0x08,
    LINE_FEED = 0x0a,
    CARRIAGE_RETURN = 0x0d,
    CONTROL_U = 0x15,
    ESCAPE = 0x1b,
    DELETE = 0x7f,
};

/* How far an escape sequence is: its ESC has come, or its `[` or `O` too [ECMA-48, 5.4]. */
enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_OPEN };

static void write_text(const struct console *console, const char *text)
{
    console->platform->write(console->platform->context, text, (uint32_t)strlen(text));
}

static void clear_line(struct console *console)
{
    memset(console->line, 0, sizeof console->line);
    console->length = 0;
    console->tooLong = false;
}

/* A line or a value may have been a secret. */
static void forget(struct console *console)
{
    clear_line(console);
    memset(console->value, 0, sizeof console->value);
}

void console_init(struct console *console, const struct console_platform *platform, const struct settings *settings)
{
    memset(console, 0, sizeof *console);
    console->platform = platform;
    console->settings = settings;
    write_text(console, PROMPT);
}

void console_answer(struct console *console, const char *format, ...)
{
    char text[sizeof "= " + CONSOLE_ANSWER_BYTES + sizeof LINE_END] = "= ";
    char *answer = text + strlen(text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(answer, CONSOLE_ANSWER_BYTES + 1, format, arguments);
    va_end(arguments);
    for (char *c = answer; *c != '\0'; c++)
        if ((uint8_t)*c < ' ' || *c == DELETE) *c = '?';
    memcpy(answer + strlen(answer), LINE_END, sizeof LINE_END);
    write_text(console, text);
}

/* Editing ---------------------------------------------------------------------------------------------------------- */

static bool is_continuation(char byte)
{
    return ((uint8_t)byte & 0xc0) == 0x80;
}

static void rub_out(struct console *console)
{
    if (console->length == 0) return;
    while (console->length > 1 && is_continuation(console->line[console->length - 1]))
        console->length--;
    console->length--;
    write_text(console, RUBOUT);
}

static void insert(struct console *console, char byte)
{
    if (console->tooLong || console->length == CONSOLE_LINE_BYTES) {
        console->tooLong = true;
        return;
    }
    bool hidden = commands_hide(console);
    console->line[console->length++] = byte;
    /* One star for a character of several bytes. */
    if (hidden && is_continuation(byte)) return;
    console->platform->write(console->platform->context, hidden ? "*" : &byte, 1);
}

static bool is_blank(const struct console *console)
{
    return strspn(console->line, " ") == console->length;
}

static void end_line(struct console *console)
{
    bool goesOn = true;
    write_text(console, LINE_END);
    console->line[console->length] = '\0';
    if (console->tooLong) {
        commands_fail(console, "LINE_TOO_LONG", "a line has 256 bytes at most; append the rest of a long value");
    } else if (!is_blank(console)) {
        goesOn = commands_run(console);
    }
    forget(console);
    if (goesOn) write_text(console, PROMPT);
}

static void take_control(struct console *console, uint8_t byte)
{
    switch (byte) {
    case CONTROL_C:
        forget(console);
        write_text(console, "^C" LINE_END PROMPT);
        return;
    case BACKSPACE:
    case DELETE:
        if (!console->tooLong) rub_out(console);
        return;
    case CONTROL_U:
        while (console->length > 0)
            rub_out(console);
        clear_line(console);
        return;
    case CARRIAGE_RETURN:
    case LINE_FEED:
        end_line(console);
        return;
    case ESCAPE:
        console->escape = ESCAPE_BEGUN;
        return;
    default:
        return;
    }
}

/* @return whether the byte belongs to an escape sequence. */
static bool take_escape(struct console *console, uint8_t byte)
{
    if (console->escape == ESCAPE_NONE) return false;
    if (byte < ' ') {
        /* A control character ends the sequence, and counts. */
        console->escape = ESCAPE_NONE;
        return false;
    }
    if (console->escape == ESCAPE_BEGUN) {
        console->escape = byte == '[' || byte == 'O' ? ESCAPE_OPEN : ESCAPE_NONE;
    } else if (byte >= '@') {
        console->escape = ESCAPE_NONE;
    }
    return true;
}

static void take(struct console *console, uint8_t byte)
{
    bool secondOfTwo = console->afterReturn && byte == LINE_FEED;
    console->afterReturn = byte == CARRIAGE_RETURN;
    if (secondOfTwo || take_escape(console, byte)) return;
    if (byte < ' ' || byte == DELETE) {
        take_control(console, byte);
    } else {
        insert(console, (char)byte);
    }
}

void console_feed(struct console *console, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        take(console, bytes[i]);
}
