#include "board.h"

#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "script.h"

struct script script = {
    .sendCap = SCRIPT_NO_CAP,
    .recvCap = SCRIPT_NO_CAP,
    .sensorValue = 17200,
    .random = 1,
    .hash = FNV_OFFSET_BASIS,
};

uint64_t fnv1a(uint64_t hash, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool is_open_handle(int32_t handle)
{
    return handle == 0 && script.link != LINK_NONE;
}

/* 0 while the link lives or has bytes to hand over, else the error that closed it. */
static int32_t closed_by(void)
{
    return script.taken == script.queued ? script.linkError : 0;
}

static uint32_t least(uint32_t length, uint32_t cap)
{
    return cap != SCRIPT_NO_CAP && cap < length ? cap : length;
}

int32_t board_net_open(uint32_t endpoint)
{
    if (endpoint != 0) return HAL_ENOENT;
    if (script.link != LINK_NONE) return HAL_EMFILE;
    if (script.print) (void)printf("open %lu\n", (unsigned long)endpoint);
    script.link = LINK_CONNECTING;
    return 0;
}

int32_t board_net_state(int32_t handle)
{
    if (!is_open_handle(handle)) return HAL_EBADF;
    int32_t error = closed_by();
    if (error < 0) return error;
    return script.link == LINK_OPEN;
}

int32_t board_net_send(int32_t handle, const uint8_t *bytes, uint32_t length)
{
    if (!is_open_handle(handle)) return HAL_EBADF;
    int32_t error = closed_by();
    if (error < 0) return error;
    if (script.link != LINK_OPEN) return 0;
    uint32_t taken = least(length, script.sendCap);
    script.sentBytes += taken;
    script.hash = fnv1a(script.hash, bytes, taken);
    if (script.print && taken > 0) {
        (void)printf("send ");
        for (uint32_t i = 0; i < taken; i++)
            (void)printf("%02x", bytes[i]);
        (void)printf("\n");
    }
    return (int32_t)taken;
}

int32_t board_net_recv(int32_t handle, uint8_t *bytes, uint32_t capacity)
{
    if (!is_open_handle(handle)) return HAL_EBADF;
    int32_t error = closed_by();
    if (error < 0) return error;
    if (script.link != LINK_OPEN) return 0;
    uint32_t length = least(least(capacity, script.recvCap), script.queued - script.taken);
    memcpy(bytes, script.queue + script.taken, length);
    script.taken += length;
    if (script.taken == script.queued) script.taken = script.queued = 0;
    return (int32_t)length;
}

int32_t board_net_close(int32_t handle)
{
    if (!is_open_handle(handle)) return HAL_EBADF;
    if (script.print) (void)printf("close\n");
    board_net_reset();
    return 0;
}

void board_net_reset(void)
{
    script.link = LINK_NONE;
    script.linkError = 0;
    script.taken = script.queued = 0;
}

int32_t board_sensor_read(uint32_t channel, int32_t *value)
{
    if (channel != 0) return HAL_ENOENT;
    if (script.sensorError < 0) return script.sensorError;
    *value = script.sensorValue;
    return 0;
}

int32_t board_actuator_write(uint32_t channel, int32_t value)
{
    if (channel != 0) return HAL_ENOENT;
    if (script.print) (void)printf("actuator %lu %ld\n", (unsigned long)channel, (long)value);
    return 0;
}

int32_t board_clock_unix_ms(int64_t *unixMs)
{
    if (!script.clockSet) return HAL_EAGAIN;
    *unixMs = script.clockUnixMs;
    return 0;
}

int32_t board_random(void)
{
    uint32_t x = script.random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    script.random = x;
    return (int32_t)x;
}

int32_t board_config_get(const uint8_t *key, uint32_t keyLength, uint8_t *value, uint32_t capacity)
{
    for (uint32_t i = 0; i < script.keys; i++) {
        const struct script_config *entry = &script.config[i];
        if (entry->keyLength != keyLength || memcmp(entry->key, key, keyLength) != 0) continue;
        if (entry->valueLength > capacity) return HAL_EOVERFLOW;
        memcpy(value, entry->value, entry->valueLength);
        return entry->valueLength;
    }
    return HAL_ENOENT;
}

int32_t board_deep_sleep(uint32_t ms)
{
    (void)ms;
    return 0;
}

int32_t board_log(uint32_t level, const uint8_t *text, uint32_t length)
{
    if (script.print) (void)printf("log %lu %.*s\n", (unsigned long)level, (int)length, (const char *)text);
    return 0;
}

/* The runner reports to these; a script drives the node without one. */

void board_trapped(const char *trap, uint32_t restartMs)
{
    (void)trap;
    (void)restartMs;
}

void board_watchdog_start(void) {}

void board_watchdog_stop(void) {}
