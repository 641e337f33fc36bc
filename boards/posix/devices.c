#include "devices.h"

#include <fcntl.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "board.h"
#include "crc32.h"
#include "log.h"
#include "monotonic.h"
#include "recording.h"
#include "sensor.h"
#include "xorshift.h"

static const struct options *settings;
static uint32_t randomState;

/* Nodes that start together must not retry together: without --seed each has a state of its own. */
static uint32_t seed_from_system(void)
{
    uint32_t seed = 0;
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool known = file >= 0 && read(file, &seed, sizeof seed) == (ssize_t)sizeof seed;
    if (file >= 0) (void)close(file);
    return known ? seed : (uint32_t)monotonic_ms() ^ (uint32_t)getpid() << 16;
}

void devices_init(const struct options *options)
{
    settings = options;
    randomState = xorshift32_seed(options->seeded ? options->seed : seed_from_system());
}

int32_t board_sensor_read(uint32_t channel, int32_t *value)
{
    return channel == 0 ? sensor_read(value) : HAL_ENOENT;
}

/* There is no lamp to light: the log shows it. */
int32_t board_actuator_write(uint32_t channel, int32_t value)
{
    if (channel != 0) return HAL_ENOENT;
    log_line(HAL_LOG_INFO, "actuator %lu = %ld", (unsigned long)channel, (long)value);
    return 0;
}

int32_t board_clock_unix_ms(int64_t *unixMs)
{
    struct timeval now;
    if (gettimeofday(&now, NULL) != 0) return HAL_EAGAIN;
    *unixMs = (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
    return 0;
}

int32_t board_random(void)
{
    randomState = xorshift32(randomState);
    return (int32_t)randomState;
}

int32_t board_config_get(const uint8_t *key, uint32_t keyLength, uint8_t *value, uint32_t capacity)
{
    for (size_t i = 0; i < settings->configCount; i++) {
        const struct config_value *entry = &settings->config[i];
        if (entry->keyLength != keyLength || memcmp(entry->key, key, keyLength) != 0) continue;
        size_t length = strlen(entry->value);
        if (length > capacity) return HAL_EOVERFLOW;
        memcpy(value, entry->value, length);
        return (int32_t)length;
    }
    return HAL_ENOENT;
}

/* A sum, so that the order of the values on the command line makes no difference. */
uint32_t board_config_id(void)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < settings->configCount; i++) {
        const struct config_value *entry = &settings->config[i];
        uint32_t key = crc32(0, (const uint8_t *)entry->key, (uint32_t)entry->keyLength);
        sum += crc32(key, (const uint8_t *)entry->value, (uint32_t)strlen(entry->value));
    }
    return sum;
}

/* A PC stays awake; the runner lets the time pass and then resumes the node. */
int32_t board_deep_sleep(uint32_t ms)
{
    log_line(HAL_LOG_DEBUG, "sleeps for %lu ms", (unsigned long)ms);
    return 0;
}

int32_t board_log(uint32_t level, const uint8_t *text, uint32_t length)
{
    log_text((enum hal_level)level, text, length);
    return 0;
}

void board_said(enum hal_level level, const char *line)
{
    log_line(level, "%s", line);
}

void board_trapped(const char *trap, uint32_t restartMs)
{
    log_line(HAL_LOG_ERROR, "the node trapped: %s; it restarts in %lu ms", trap, (unsigned long)restartMs);
    recording_trapped();
}
