/** The board's own lines in the log. */
#ifndef WASMOTE_LOG_H
#define WASMOTE_LOG_H

#include <stdint.h>

#define LOG_LINE_BYTES 256

/** A line of at most LOG_LINE_BYTES - 1 bytes; the rest is cut off. `level` is an enum hal_level. */
__attribute__((format(printf, 2, 3))) void log_line(uint32_t level, const char *format, ...);

#endif
