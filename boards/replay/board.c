/** A board that answers as the trace does. `replay.record` is the call that is being made; observe.c has compared it.
 */
#include "board.h"

#include <string.h>

#include "replay.h"

static int32_t result(void)
{
    return replay.record.result;
}

/* What the trace hands over; hal.c has checked that there is room for `capacity` bytes. */
static int32_t hand_over(void *to, uint32_t capacity)
{
    uint32_t length = replay.record.handedLength;
    if (length > 0 && length <= capacity) memcpy(to, replay.record.handed, length);
    return result();
}

int32_t board_net_open(uint32_t endpoint)
{
    (void)endpoint;
    return result();
}

int32_t board_net_state(int32_t handle)
{
    (void)handle;
    return result();
}

int32_t board_net_send(int32_t handle, const uint8_t *bytes, uint32_t length)
{
    (void)handle, (void)bytes, (void)length;
    return result();
}

int32_t board_net_recv(int32_t handle, uint8_t *bytes, uint32_t capacity)
{
    (void)handle;
    return hand_over(bytes, capacity);
}

int32_t board_net_close(int32_t handle)
{
    (void)handle;
    return result();
}

int32_t board_sensor_read(uint32_t channel, int32_t *value)
{
    (void)channel;
    return hand_over(value, sizeof *value);
}

int32_t board_actuator_write(uint32_t channel, int32_t value)
{
    (void)channel, (void)value;
    return result();
}

int32_t board_clock_unix_ms(int64_t *unixMs)
{
    return hand_over(unixMs, sizeof *unixMs);
}

int32_t board_random(void)
{
    return result();
}

int32_t board_config_get(const uint8_t *key, uint32_t keyLength, uint8_t *value, uint32_t capacity)
{
    (void)key, (void)keyLength;
    return hand_over(value, capacity);
}

int32_t board_deep_sleep(uint32_t ms)
{
    (void)ms;
    return result();
}

int32_t board_log(uint32_t level, const uint8_t *text, uint32_t length)
{
    (void)level, (void)text, (void)length;
    return result();
}

/* `checkpoint` asks for these two: the board kept images, or it did not. Nothing is ever written to them. */

uint32_t board_slots(void)
{
    return result() == 0 ? 2 : 0;
}

uint32_t board_slot_bytes(void)
{
    return UINT32_MAX;
}

/* What the runner needs, which a replay does without: it calls the node as the trace says. */

uint32_t board_config_id(void)
{
    return 0;
}

int32_t board_slot_read(uint32_t slot, uint32_t offset, uint8_t *bytes, uint32_t length)
{
    (void)slot, (void)offset;
    memset(bytes, 0, length);
    return HAL_EIO;
}

int32_t board_slot_write(uint32_t slot, const uint8_t *head, uint32_t headLength, const uint8_t *body,
                         uint32_t bodyLength)
{
    (void)slot, (void)head, (void)headLength, (void)body, (void)bodyLength;
    return HAL_EIO;
}

void board_net_reset(void) {}

void board_trapped(const char *trap, uint32_t restartMs)
{
    (void)trap, (void)restartMs;
}

void board_said(enum hal_level level, const char *line)
{
    (void)level, (void)line;
}

void board_watchdog_start(void) {}

void board_watchdog_stop(void) {}
