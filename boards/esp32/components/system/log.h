/** The module's lines in the log. board.h has board_log(). */
#ifndef WASMOTE_ESP32_LOG_H
#define WASMOTE_ESP32_LOG_H

/** The longest secret that is hidden from the module's lines. */
#define LOG_SECRET_BYTES 65

/** From now on `secret` is shown as *** in what the module logs: it knows its password. Empty: there is none. */
void log_hide(const char *secret);

#endif
