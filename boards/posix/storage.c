#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"
#include "board.h"

#define SLOTS 2

/* Any module's image and its head. The file is sparse: what a small image leaves over takes no room on the disk. */
#define SLOT_BYTES (65536 + 4096)

static int file = -1;

const char *storage_open(const char *path, char *text, size_t capacity)
{
    if (path == NULL) return NULL;
    struct stat status;
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const char *why = NULL;
    if (file < 0 || fstat(file, &status) != 0)
        why = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        why = "it is not a file";
    else if (status.st_size > (off_t)SLOTS * SLOT_BYTES)
        why = "it is too large to hold checkpoints";
    else if (flock(file, LOCK_EX | LOCK_NB) != 0)
        why = "another node keeps its image there";
    if (why == NULL) return NULL;
    (void)snprintf(text, capacity, "can't keep the image in %.200s: %s", path, why);
    return text;
}

uint32_t board_slots(void)
{
    return file >= 0 ? SLOTS : 0;
}

uint32_t board_slot_bytes(void)
{
    return SLOT_BYTES;
}

int32_t board_slot_read(uint32_t slot, uint32_t offset, uint8_t *bytes, uint32_t length)
{
    for (uint32_t done = 0; done < length;) {
        ssize_t got = pread(file, bytes + done, length - done, (off_t)slot * SLOT_BYTES + offset + done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return HAL_EIO;
        if (got == 0) {
            /* Behind the end of a file is what was never written. */
            memset(bytes + done, 0, length - done);
            return 0;
        }
        done += (uint32_t)got;
    }
    return 0;
}

static bool write_at(off_t at, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t done = 0; done < length;) {
        ssize_t written = pwrite(file, bytes + done, length - done, at + done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        done += (uint32_t)written;
    }
    return true;
}

int32_t board_slot_write(uint32_t slot, const uint8_t *head, uint32_t headLength, const uint8_t *body,
                         uint32_t bodyLength)
{
    off_t at = (off_t)slot * SLOT_BYTES;
    if (!write_at(at, head, headLength) || !write_at(at + headLength, body, bodyLength)) return HAL_EIO;
    return fsync(file) == 0 ? 0 : HAL_EIO;
}
