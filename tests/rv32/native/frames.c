/*
 * The board's codec of frames on a PC. Argument `read`: takes bytes of a line from stdin, and prints a line for each
 * frame, `type number payload` in hexadecimal, or `damaged`. Argument `write`: takes records of type, number, length
 * (two bytes, the lower first) and payload from stdin, and writes their frames to stdout.
 */
#include <stdio.h>
#include <string.h>

#include "frame.h"

static void read_line(void)
{
    static struct frame_reader reader;
    for (int byte = getchar(); byte != EOF; byte = getchar()) {
        switch (frame_read(&reader, (uint8_t)byte)) {
        case FRAME_NONE:
            break;
        case FRAME_DAMAGED:
            (void)puts("damaged");
            break;
        case FRAME_WHOLE:
            (void)printf("%02x %02x ", frame_type(&reader), frame_number(&reader));
            for (uint32_t i = 0; i < frame_payload_bytes(&reader); i++)
                (void)printf("%02x", frame_payload(&reader)[i]);
            (void)puts("");
            break;
        }
    }
}

static void write_frames(void)
{
    uint8_t head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        uint8_t frame[FRAME_BYTES];
        uint8_t line[FRAME_LINE_BYTES];
        uint32_t length = (uint32_t)head[2] | (uint32_t)head[3] << 8;
        if (length > FRAME_PAYLOAD_BYTES || fread(frame + FRAME_HEAD_BYTES, 1, length, stdin) != length) return;
        (void)fwrite(line, 1, frame_write(frame, head[0], head[1], length, line), stdout);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "write") == 0) {
        write_frames();
    } else {
        read_line();
    }
    return 0;
}
