#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* How long a full line is waited for before its bytes are lost, as those of a serial line are that nobody reads. */
#define FULL_MS 100

/* Bytes go through as they are, in both directions. */
static bool make_raw(int terminal)
{
    struct termios settings;
    if (tcgetattr(terminal, &settings) != 0) return false;
    settings.c_iflag = 0;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cflag = CS8 | CREAD | CLOCAL;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    (void)cfsetispeed(&settings, B115200);
    (void)cfsetospeed(&settings, B115200);
    return tcsetattr(terminal, TCSANOW, &settings) == 0;
}

bool line_open(struct line *line, const char *link)
{
    *line = (struct line){.input = STDIN_FILENO, .output = STDOUT_FILENO, .other = -1, .link = link};
    if (link == NULL) return true;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return false;
    const char *name = ptsname(terminal);
    if (name == NULL) return false;
    line->other = open(name, O_RDWR | O_NOCTTY);
    if (line->other < 0 || !make_raw(line->other)) return false;
    line->input = line->output = terminal;
    (void)fcntl(terminal, F_SETFL, O_NONBLOCK);
    (void)unlink(link);
    return symlink(name, link) == 0;
}

int32_t line_read(const struct line *line, uint8_t *bytes, uint32_t capacity, int waitMs)
{
    struct pollfd waiting = {.fd = line->input, .events = POLLIN};
    int ready = poll(&waiting, 1, waitMs);
    if (ready < 0) return errno == EINTR ? 0 : -1;
    if (ready == 0) return 0;
    ssize_t length = read(line->input, bytes, capacity);
    if (length > 0) return (int32_t)length;
    return length < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

bool line_write(const struct line *line, const char *text, uint32_t length)
{
    while (length > 0) {
        ssize_t written = write(line->output, text, length);
        if (written >= 0) {
            text += written;
            length -= (uint32_t)written;
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return false;
        struct pollfd waiting = {.fd = line->output, .events = POLLOUT};
        if (poll(&waiting, 1, FULL_MS) == 0) return true;
    }
    return true;
}

void line_close(const struct line *line)
{
    if (line->link == NULL) return;
    (void)unlink(line->link);
    (void)close(line->other);
    (void)close(line->input);
}
