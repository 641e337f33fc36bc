#include "log.h"

#include <stdarg.h>
#include <stdio.h>

#include "abi.h"
#include "board.h"
#include "bridge.h"

void log_line(uint32_t level, const char *format, ...)
{
    char text[LOG_LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    bridge_log(level, text, (uint32_t)length < sizeof text ? (uint32_t)length : sizeof text - 1);
}

int32_t board_log(uint32_t level, const uint8_t *text, uint32_t length)
{
    bridge_log(level, (const char *)text, length);
    return 0;
}

void board_said(enum hal_level level, const char *line)
{
    log_line((uint32_t)level, "%s", line);
}

void board_trapped(const char *trap, uint32_t restartMs)
{
    log_line(HAL_LOG_ERROR, "the node trapped: %s; it restarts in %lu ms", trap, (unsigned long)restartMs);
}
