#include "sensor.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "abi.h"
#include "text.h"
#include "xorshift.h"

/* Millidegrees; the walk ends at the limits of a common probe. */
#define WALK_START 20000
#define WALK_STEP 100
#define WALK_MIN (-40000)
#define WALK_MAX 85000

#define SINE_MEAN 16000
#define SINE_AMPLITUDE 6000
#define COLDEST_HOUR_UTC 3

#define ROW_BYTES 256
#define PATH_BYTES 1024
#define MAX_ROW 999999999

static struct {
    int32_t (*read)(int32_t *);
    int32_t value;
    int32_t amplitude;
    uint32_t random;
    int32_t *rows;
    size_t rowCount;
    size_t row;
    const char *path;
} sensor;

static int32_t read_constant(int32_t *millidegrees)
{
    *millidegrees = sensor.value;
    return 0;
}

static int32_t read_sine(int32_t *millidegrees)
{
    struct timeval now;
    (void)gettimeofday(&now, NULL);
    double days = ((double)now.tv_sec + (double)now.tv_usec / 1e6) / 86400.0 - COLDEST_HOUR_UTC / 24.0;
    *millidegrees = (int32_t)lround(sensor.value - sensor.amplitude * cos(days * 2 * acos(-1.0)));
    return 0;
}

static int32_t read_walk(int32_t *millidegrees)
{
    sensor.random = xorshift32(sensor.random);
    int32_t value = sensor.value + (int32_t)(sensor.random % (2 * WALK_STEP + 1)) - WALK_STEP;
    if (value < WALK_MIN) value = WALK_MIN;
    if (value > WALK_MAX) value = WALK_MAX;
    sensor.value = *millidegrees = value;
    return 0;
}

static int32_t read_row(int32_t *millidegrees)
{
    *millidegrees = sensor.rows[sensor.row];
    sensor.row = (sensor.row + 1) % sensor.rowCount;
    return 0;
}

/* One integer and perhaps a line's end, as Linux's hwmon and thermal drivers show. */
static bool parse_millidegrees(const char *text, int32_t *millidegrees)
{
    bool negative = *text == '-';
    const char *digits = negative ? text + 1 : text;
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || length > 9 || digits[length + strspn(digits + length, "\r\n ")] != '\0') return false;
    int32_t value = (int32_t)strtol(digits, NULL, 10);
    *millidegrees = negative ? -value : value;
    return true;
}

static int32_t read_file(int32_t *millidegrees)
{
    char text[32];
    int file = open(sensor.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return HAL_EIO;
    ssize_t length = read(file, text, sizeof text - 1);
    (void)close(file);
    if (length <= 0) return HAL_EIO;
    text[length] = '\0';
    return parse_millidegrees(text, millidegrees) ? 0 : HAL_EIO;
}

static bool add_row(int32_t value)
{
    /* Room doubles at every power of two. */
    if ((sensor.rowCount & (sensor.rowCount - 1)) == 0) {
        size_t room = sensor.rowCount == 0 ? 1 : sensor.rowCount * 2;
        int32_t *rows = realloc(sensor.rows, room * sizeof *rows);
        if (rows == NULL) return false;
        sensor.rows = rows;
    }
    sensor.rows[sensor.rowCount++] = value;
    return true;
}

/* The first line is the header `time,celsius`; a reading takes the next row, and the first again after the last. */
static const char *load_rows(const char *path, char *problem, size_t capacity)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        (void)snprintf(problem, capacity, "can't read %s", path);
        return problem;
    }
    char line[ROW_BYTES];
    const char *result = NULL;
    for (unsigned long number = 1; result == NULL && fgets(line, sizeof line, file) != NULL; number++) {
        const char *comma = strchr(line, ',');
        const char *end = line;
        int32_t value;
        if (number == 1 || line[strspn(line, "\r\n")] == '\0') continue;
        if (comma != NULL && text_to_thousandths(comma + 1, &value, &end) && end[strspn(end, "\r\n")] == '\0') {
            if (add_row(value)) continue;
            result = "out of memory";
        } else {
            (void)snprintf(problem, capacity, "%s, line %lu, is not time,celsius", path, number);
            result = problem;
        }
    }
    (void)fclose(file);
    if (result == NULL && sensor.rowCount == 0) {
        (void)snprintf(problem, capacity, "%s has no rows under its header", path);
        result = problem;
    }
    return result;
}

/* `FILE` or `FILE#ROW`: a table is replayed from that row on, the first being 0, so that nodes can share one. */
static const char *load_table(const char *argument, char *problem, size_t capacity)
{
    char path[PATH_BYTES];
    uint32_t row = 0;
    const char *mark = strrchr(argument, '#');
    if (mark != NULL && !text_to_u32(mark + 1, MAX_ROW, &row)) mark = NULL;
    size_t length = mark != NULL ? (size_t)(mark - argument) : strlen(argument);
    if (length >= sizeof path) return "the file's name is too long";
    memcpy(path, argument, length);
    path[length] = '\0';
    const char *result = load_rows(path, problem, capacity);
    if (result == NULL && sensor.rowCount > 0) sensor.row = row % sensor.rowCount;
    return result;
}

static bool parse_sine(const char *description)
{
    const char *end = description;
    if (!text_to_thousandths(description, &sensor.value, &end) || *end != ',') return false;
    return text_to_thousandths(end + 1, &sensor.amplitude, &end) && *end == '\0';
}

const char *sensor_init(const char *description, char *problem, size_t capacity)
{
    const char *argument = strchr(description, ':');
    size_t kindLength = argument != NULL ? (size_t)(argument - description) : strlen(description);
    if (argument != NULL) argument++;
#define KIND_IS(name) (kindLength == sizeof(name) - 1 && memcmp(description, name, kindLength) == 0)
    const char *end = description;
    if (KIND_IS("constant")) {
        sensor.read = read_constant;
        if (argument != NULL && text_to_thousandths(argument, &sensor.value, &end) && *end == '\0') return NULL;
    } else if (KIND_IS("sine")) {
        sensor.read = read_sine;
        sensor.value = SINE_MEAN;
        sensor.amplitude = SINE_AMPLITUDE;
        if (argument == NULL || parse_sine(argument)) return NULL;
    } else if (KIND_IS("walk")) {
        sensor.read = read_walk;
        sensor.value = WALK_START;
        if (argument != NULL && text_to_u32(argument, UINT32_MAX, &sensor.random)) {
            sensor.random = xorshift32_seed(sensor.random);
            return NULL;
        }
    } else if (KIND_IS("csv")) {
        sensor.read = read_row;
        if (argument != NULL && *argument != '\0') return load_table(argument, problem, capacity);
    } else if (KIND_IS("file")) {
        sensor.read = read_file;
        sensor.path = argument;
        if (argument != NULL && *argument != '\0') return NULL;
    }
#undef KIND_IS
    (void)snprintf(problem, capacity, "\"%s\" is not a sensor", description);
    return problem;
}

int32_t sensor_read(int32_t *millidegrees)
{
    return sensor.read(millidegrees);
}
