#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "log.h"
#include "observe.h"
#include "recorder.h"
#include "watchdog.h"

#define PATH_BYTES 512

static struct secrets secrets;
static bool recording;
static int stream = -1;
static const char *modulePath;
/* Where a trap's trace goes; empty: nowhere. */
static char trapPath[PATH_BYTES];
static char partPath[PATH_BYTES];
static uint8_t header[TRACE_HEADER_BYTES];

/* Files ------------------------------------------------------------------------------------------------------------ */

static bool write_all(int file, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t done = 0; done < length;) {
        ssize_t written = write(file, bytes + done, length - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        done += (uint32_t)written;
    }
    return true;
}

static bool write_pieces(int file, const struct recorder_piece pieces[RECORDER_PIECES])
{
    bool written = true;
    for (int i = 0; i < RECORDER_PIECES; i++)
        written = written && write_all(file, pieces[i].bytes, pieces[i].length);
    return written;
}

/* A node whose trace can't be written goes on without. */
static void give_up_stream(void)
{
    log_line(HAL_LOG_ERROR, "the trace can't be written: %s", strerror(errno));
    (void)close(stream);
    stream = -1;
}

/* After the watchdog's reset the trace goes on, if it is of this very module. */
static bool goes_on(int file)
{
    uint8_t there[TRACE_HEADER_BYTES];
    /* All but the time and the CRC, which follows it. */
    const size_t same = TRACE_HEADER_BYTES - TRACE_CRC_BYTES - sizeof(int64_t);
    return watchdog_backoff_ms() > 0 && pread(file, there, sizeof there, 0) == (ssize_t)sizeof there &&
           memcmp(there, header, same) == 0 && lseek(file, 0, SEEK_END) >= 0;
}

static bool open_stream(const char *path)
{
    stream = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (stream < 0 || fchmod(stream, 0600) != 0) return false;
    if (goes_on(stream)) return true;
    return ftruncate(stream, 0) == 0 && write_all(stream, header, sizeof header);
}

/* The file is whole or not there: another program may be reading the one from before. */
static bool write_trap_file(const struct recorder_piece pieces[RECORDER_PIECES])
{
    (void)unlink(partPath);
    int file = open(partPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool written = write_all(file, header, sizeof header) && write_pieces(file, pieces) && fsync(file) == 0;
    written = close(file) == 0 && written;
    if (written && rename(partPath, trapPath) == 0) return true;
    int error = errno;
    (void)unlink(partPath);
    errno = error;
    return false;
}

static void leave(const struct recorder_piece pieces[RECORDER_PIECES])
{
    if (*trapPath == '\0') return;
    if (write_trap_file(pieces)) {
        log_line(HAL_LOG_INFO, "what led to it: wasmote replay %s %s", trapPath, modulePath);
    } else {
        log_line(HAL_LOG_WARNING, "its trace can't be written to %s: %s", trapPath, strerror(errno));
    }
}

/* Beginning -------------------------------------------------------------------------------------------------------- */

/* False: a value is too short to be kept out of a trace. */
static bool collect_secrets(const struct options *options)
{
    for (size_t i = 0; i < options->configCount; i++) {
        const struct config_value *entry = &options->config[i];
        if (!secrets_is_key((const uint8_t *)entry->key, (uint32_t)entry->keyLength)) continue;
        if (!secrets_add(&secrets, (const uint8_t *)entry->value, (uint32_t)strlen(entry->value))) return false;
    }
    return true;
}

/* Beside the image if there is one, else where temporary files go. False: the path is too long. */
static bool choose_trap_path(const struct options *options)
{
    const char *folder = getenv("TMPDIR");
    if (folder == NULL || *folder == '\0') folder = "/tmp";
    int length = 0;
    if (options->trapTrace != NULL) {
        bool none = strcmp(options->trapTrace, "none") == 0;
        length = snprintf(trapPath, sizeof trapPath, "%s", none ? "" : options->trapTrace);
    } else if (options->imageFile != NULL) {
        length = snprintf(trapPath, sizeof trapPath, "%s.trace", options->imageFile);
    } else {
        length = snprintf(trapPath, sizeof trapPath, "%s/wasmote-%s.trace", folder, options->id);
    }
    int partLength = snprintf(partPath, sizeof partPath, "%s.part", trapPath);
    return length >= 0 && partLength > 0 && (size_t)partLength < sizeof partPath;
}

static int64_t unix_ms(void)
{
    struct timeval now;
    if (gettimeofday(&now, NULL) != 0) return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

const char *recording_init(const struct options *options, const struct node *node, char *text, size_t capacity)
{
    modulePath = options->module;
    if (!choose_trap_path(options)) {
        (void)snprintf(text, capacity, "the path of the trap's trace is too long");
        return text;
    }
    if (options->traceFile == NULL && *trapPath == '\0') return NULL;
    if (!collect_secrets(options)) {
        if (options->traceFile == NULL) {
            log_line(HAL_LOG_WARNING,
                     "a trap will leave no trace: a password of less than %d bytes can't be kept out of it",
                     SECRETS_LEAST_PART);
            return NULL;
        }
        (void)snprintf(text, capacity, "a password of less than %d bytes can't be kept out of a trace",
                       SECRETS_LEAST_PART);
        return text;
    }
    recorder_header(&node->metadata, unix_ms(), header);
    if (!recorder_init(&node->metadata, &secrets)) {
        (void)snprintf(text, capacity, "there is not enough memory for a trace");
        return text;
    }
    if (options->traceFile != NULL && !open_stream(options->traceFile)) {
        (void)snprintf(text, capacity, "can't write the trace %.200s: %s", options->traceFile, strerror(errno));
        return text;
    }
    recording = true;
    return NULL;
}

/* The calls -------------------------------------------------------------------------------------------------------- */

void observe_call(const struct node *node, enum observe_export number, uint32_t nowMs, uint32_t sleptMs)
{
    if (recording) recorder_call(number, node_image(node), nowMs, sleptMs);
}

bool observe_import(const struct observe_import *call)
{
    if (recording) recorder_key(call);
    return true;
}

bool observe_imported(const struct observe_import *call, const int32_t *result)
{
    if (recording) recorder_import(call, result);
    return true;
}

void observe_end(const struct node *node, engine_trap trap, uint32_t waitMs)
{
    if (!recording) return;
    if (trap == NULL) {
        recorder_returned(node_image(node), waitMs);
    } else {
        bool hasImage = trap != nodeTrapMemoryResized;
        uint32_t bytes;
        (void)engine_memory(&node->engine, &bytes);
        hasImage = hasImage && bytes == node->metadata.imageSize;
        recorder_trapped(trace_trap_of(trap), hasImage ? node_image(node) : NULL);
    }
    if (stream < 0) return;
    struct recorder_piece piece = recorder_take_new();
    if (!write_all(stream, piece.bytes, piece.length)) give_up_stream();
}

void recording_trapped(void)
{
    if (!recording) return;
    struct recorder_piece pieces[RECORDER_PIECES];
    recorder_history(pieces);
    leave(pieces);
}

void recording_hung(void)
{
    struct recorder_piece pieces[RECORDER_PIECES];
    if (!recording) return;
    if (stream >= 0 && recorder_hung(pieces, true) && !write_pieces(stream, pieces)) give_up_stream();
    if (!recorder_hung(pieces, false)) recorder_history(pieces);
    leave(pieces);
}
