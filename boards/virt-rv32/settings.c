#include "settings.h"

#include <string.h>

#include "abi.h"
#include "board.h"
#include "clock.h"
#include "crc32.h"
#include "xorshift.h"

/* Enough for every key of docs/abi.md at its longest, and as much again for an application's own. */
#define STORE_BYTES 1024

/* In the store: the key's length, the value's in two bytes, the key, the value. CONFIG has the same without the
 * value's. */
#define ENTRY_HEAD_BYTES 3

/* START: how many CONFIGs came before it, how many endpoints there are, a seed, milliseconds since 1970. */
#define START_BYTES (1 + 1 + 4 + 8)

static uint8_t store[STORE_BYTES];
static uint32_t filled;
/* Values that were taken. */
static uint32_t count;
static uint32_t endpoints;
static uint32_t randomState;
/* When the machine's clock was 0, in milliseconds since 1970. */
static int64_t epochMs;

void settings_clear(void)
{
    filled = 0;
    count = 0;
}

void settings_take(const uint8_t *payload, uint32_t length)
{
    if (length < 1 || payload[0] > length - 1) return;
    uint32_t keyLength = payload[0];
    uint32_t valueLength = length - 1 - keyLength;
    /* What does not fit is not counted either, so that the node does not start without it. */
    if (ENTRY_HEAD_BYTES + keyLength + valueLength > STORE_BYTES - filled) return;
    uint8_t *entry = store + filled;
    entry[0] = (uint8_t)keyLength;
    entry[1] = (uint8_t)valueLength;
    entry[2] = (uint8_t)(valueLength >> 8);
    memcpy(entry + ENTRY_HEAD_BYTES, payload + 1, keyLength + valueLength);
    filled += ENTRY_HEAD_BYTES + keyLength + valueLength;
    count++;
}

static uint64_t little(const uint8_t *bytes, uint32_t length)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < length; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

bool settings_take_start(const uint8_t *payload, uint32_t length)
{
    if (length != START_BYTES || payload[0] != count) return false;
    endpoints = payload[1];
    randomState = xorshift32_seed((uint32_t)little(payload + 2, 4));
    epochMs = (int64_t)little(payload + 6, 8) - (int64_t)clock_ms();
    return true;
}

uint32_t settings_endpoints(void)
{
    return endpoints;
}

int32_t board_config_get(const uint8_t *key, uint32_t keyLength, uint8_t *value, uint32_t capacity)
{
    for (uint32_t at = 0; at < filled;) {
        const uint8_t *entry = store + at;
        uint32_t length = (uint32_t)entry[1] | (uint32_t)entry[2] << 8;
        const uint8_t *name = entry + ENTRY_HEAD_BYTES;
        if (entry[0] == keyLength && memcmp(name, key, keyLength) == 0) {
            if (length > capacity) return HAL_EOVERFLOW;
            memcpy(value, name + keyLength, length);
            return (int32_t)length;
        }
        at += ENTRY_HEAD_BYTES + entry[0] + length;
    }
    return HAL_ENOENT;
}

uint32_t board_config_id(void)
{
    return crc32(0, store, filled);
}

int32_t board_clock_unix_ms(int64_t *unixMs)
{
    *unixMs = epochMs + (int64_t)clock_ms();
    return 0;
}

int32_t board_random(void)
{
    randomState = xorshift32(randomState);
    return (int32_t)randomState;
}
