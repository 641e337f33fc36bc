/** A device on a serial line: the console as the firmware has it, with log lines, restarts, and settings that last. */
#ifndef WASMOTE_PARTS_DEVICE_H
#define WASMOTE_PARTS_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

struct device_options {
    /** Answers alone: no boot messages, no log. For tests of the console. */
    bool quiet;
    /** Reads, and says nothing after its boot messages. */
    bool mute;
    /** A log line before each line of an answer, and now and then within an echo. */
    bool noise;
    /** Milliseconds between two log lines; 0: none. */
    uint32_t logMs;
    /** Where a link to a pseudo-terminal is put; NULL: standard input and output are the line. */
    const char *link;
    /** A provision partition; it is overwritten with 0xff once it was taken. NULL: none. */
    const char *provision;
};

/** Runs until the end of input, SIGINT or SIGTERM. @return the program's exit code. */
int device_run(const struct device_options *given, struct settings *kept);

#endif
