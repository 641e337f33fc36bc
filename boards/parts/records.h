/** Records on standard input, a line of output for each: boards/parts/README.md. */
#ifndef WASMOTE_PARTS_RECORDS_H
#define WASMOTE_PARTS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

/** Longest record. */
#define RECORD_BYTES (1U << 20)

/** A handler writes its line without the line's end. @return false if the record is not one of its kind. */
typedef bool (*record_handler)(const struct settings *settings, const uint8_t *record, uint32_t length);

/** The handler of a mode, or NULL. */
record_handler records_slots(const char *mode);
record_handler records_settings(const char *mode);
record_handler records_probes(const char *mode);

#endif
