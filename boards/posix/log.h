/** Lines on stderr: `LEVEL: [id] text`, each written at once. */
#ifndef WASMOTE_POSIX_LOG_H
#define WASMOTE_POSIX_LOG_H

#include <stdint.h>

#include "abi.h"

/** Names of the levels 0 to 3, as --log-level takes them. */
extern const char *const logLevels[4];

/** Lines below this level are left out. `secret` (or NULL) never appears in one: it is shown as ***. */
void log_init(enum hal_level level, const char *id, const char *secret);

/** `text` need not be NUL-terminated; what is not printable is shown as `?`, and what is too long is cut. */
void log_text(enum hal_level level, const uint8_t *text, uint32_t length);

__attribute__((format(printf, 2, 3))) void log_line(enum hal_level level, const char *format, ...);

/** `wasmote-posix: error: what (cure)`, without a level: the program can't go on. `cure` may be empty. */
void log_error(const char *what, const char *cure);

#endif
