/** The serial line: standard input and output, or a pseudo-terminal that others open like a serial port. */
#ifndef WASMOTE_PARTS_LINE_H
#define WASMOTE_PARTS_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct line {
    int input;
    int output;
    /** Of a pseudo-terminal: its other end, open so that the line stays while nobody else has it open; or -1. */
    int other;
    const char *link;
};

/** @param link where the link to the pseudo-terminal is put; NULL: none is made. @return false, and errno says why. */
bool line_open(struct line *line, const char *link);

/** @return the bytes read; 0 after `waitMs` milliseconds, which may be -1, or a signal; negative at the end. */
int32_t line_read(const struct line *line, uint8_t *bytes, uint32_t capacity, int waitMs);

/** Writes all of it. @return false at the end. */
bool line_write(const struct line *line, const char *text, uint32_t length);

void line_close(const struct line *line);

#endif
