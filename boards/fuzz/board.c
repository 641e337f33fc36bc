#include "board.h"

#include <string.h>

#include "abi.h"
#include "fuzz.h"
#include "input.h"

struct fuzz fuzz;

static int32_t answers(int32_t answer)
{
    fuzz.calls++;
    fuzz.answered = answer;
    return answer;
}

/* Reads all of them; volatile, or the compiler would leave it out. */
static void touch(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        (void)*(const volatile uint8_t *)&bytes[i];
}

/* An answer that is a count of bytes is no more than there are. */
static int32_t at_most(uint32_t length)
{
    return fuzz.answer > 0 && (uint32_t)fuzz.answer > length ? (int32_t)length : fuzz.answer;
}

int32_t board_net_open(uint32_t endpoint)
{
    (void)endpoint;
    return answers(fuzz.answer);
}

int32_t board_net_state(int32_t handle)
{
    (void)handle;
    return answers(fuzz.answer);
}

int32_t board_net_send(int32_t handle, const uint8_t *bytes, uint32_t length)
{
    (void)handle;
    touch(bytes, length);
    return answers(at_most(length));
}

int32_t board_net_recv(int32_t handle, uint8_t *bytes, uint32_t capacity)
{
    (void)handle;
    memset(bytes, fuzz.filling, capacity);
    return answers(at_most(capacity));
}

int32_t board_net_close(int32_t handle)
{
    (void)handle;
    return answers(fuzz.answer);
}

void board_net_reset(void) {}

int32_t board_sensor_read(uint32_t channel, int32_t *value)
{
    (void)channel;
    if (fuzz.answer >= 0) *value = fuzz.answer;
    return answers(fuzz.answer);
}

int32_t board_actuator_write(uint32_t channel, int32_t value)
{
    (void)channel;
    (void)value;
    return answers(fuzz.answer);
}

int32_t board_clock_unix_ms(int64_t *unixMs)
{
    if (fuzz.unixMs == 0) return answers(HAL_EAGAIN);
    *unixMs = fuzz.unixMs;
    return answers(0);
}

int32_t board_random(void)
{
    return answers(fuzz.answer);
}

int32_t board_config_get(const uint8_t *key, uint32_t keyLength, uint8_t *value, uint32_t capacity)
{
    touch(key, keyLength);
    memset(value, fuzz.filling, capacity);
    return answers(at_most(capacity));
}

uint32_t board_config_id(void)
{
    return fuzz.configId;
}

int32_t board_deep_sleep(uint32_t ms)
{
    (void)ms;
    return answers(fuzz.answer);
}

int32_t board_log(uint32_t level, const uint8_t *text, uint32_t length)
{
    (void)level;
    touch(text, length);
    return answers(fuzz.answer);
}

/* Slots ------------------------------------------------------------------------------------------------------------ */

uint32_t board_slots(void)
{
    return fuzz.slots;
}

uint32_t board_slot_bytes(void)
{
    return fuzz.slotBytes;
}

int32_t board_slot_read(uint32_t slot, uint32_t offset, uint8_t *bytes, uint32_t length)
{
    CLAIM(slot < fuzz.slots);
    CLAIM(offset <= fuzz.slotBytes && length <= fuzz.slotBytes - offset);
    if (fuzz.unreadable[slot]) return HAL_EIO;
    memcpy(bytes, fuzz.slot[slot] + offset, length);
    return 0;
}

int32_t board_slot_write(uint32_t slot, const uint8_t *head, uint32_t headLength, const uint8_t *body,
                         uint32_t bodyLength)
{
    CLAIM(slot < fuzz.slots);
    CLAIM(headLength <= fuzz.slotBytes && bodyLength <= fuzz.slotBytes - headLength);
    if (fuzz.write == FUZZ_WRITE_REFUSED) return HAL_EIO;
    uint8_t whole[FUZZ_MAX_SLOT_BYTES];
    uint32_t length = headLength + bodyLength;
    memcpy(whole, head, headLength);
    memcpy(whole + headLength, body, bodyLength);
    if (fuzz.write == FUZZ_WRITE_GOOD) {
        memcpy(fuzz.slot[slot], whole, length);
        return 0;
    }
    /* The first byte that is missing is wrong: else what was there before might make it whole. */
    uint32_t torn = fuzz.writeBytes % length;
    memcpy(fuzz.slot[slot], whole, torn);
    fuzz.slot[slot][torn] = (uint8_t)~whole[torn];
    return HAL_EIO;
}

/* From the core ---------------------------------------------------------------------------------------------------- */

void board_trapped(const char *trap, uint32_t restartMs)
{
    (void)trap;
    (void)restartMs;
}

void board_said(enum hal_level level, const char *line)
{
    CLAIM(level <= HAL_LOG_ERROR);
    CLAIM(strlen(line) <= 127);
}

void board_watchdog_start(void) {}

void board_watchdog_stop(void) {}
