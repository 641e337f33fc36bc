#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 1024

const char *const logLevels[4] = {"debug", "info", "warn", "error"};

static enum hal_level lowest = HAL_LOG_INFO;
static const char *nodeId = "";
static const char *hidden = "";

void log_init(enum hal_level level, const char *id, const char *secret)
{
    lowest = level;
    nodeId = id;
    hidden = secret != NULL ? secret : "";
}

/* One write(), so that lines of several processes on one terminal stay whole. */
static void put(const char *line, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, line, length);
        if (written <= 0) return;
        line += written;
        length -= (size_t)written;
    }
}

void log_text(enum hal_level level, const uint8_t *text, uint32_t length)
{
    if (level < lowest) return;
    char line[LINE_BYTES];
    size_t used = (size_t)snprintf(line, sizeof line, "%s: [%.64s] ", logLevels[level], nodeId);
    size_t secretLength = strlen(hidden);
    for (uint32_t i = 0; i < length && used < sizeof line - 4;) {
        if (secretLength > 0 && length - i >= secretLength && memcmp(text + i, hidden, secretLength) == 0) {
            for (int stars = 0; stars < 3; stars++)
                line[used++] = '*';
            i += (uint32_t)secretLength;
            continue;
        }
        uint8_t byte = text[i++];
        line[used++] = (char)(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
    line[used++] = '\n';
    put(line, used);
}

void log_line(enum hal_level level, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    log_text(level, (const uint8_t *)text, (uint32_t)((size_t)length < sizeof text ? (size_t)length : sizeof text - 1));
}

void log_error(const char *what, const char *cure)
{
    char line[LINE_BYTES];
    const char *format = *cure != '\0' ? "wasmote-posix: error: %s (%s)\n" : "wasmote-posix: error: %s\n";
    int length = snprintf(line, sizeof line, format, what, cure);
    if (length > 0) put(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}
