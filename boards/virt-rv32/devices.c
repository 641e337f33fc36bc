#include "devices.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "board.h"
#include "bridge.h"
#include "little.h"
#include "log.h"

/* SENSED: 0 or an error, and thousandths of a degree Celsius. */
#define SENSED_BYTES (1 + 4)

/* As with a real probe, a conversion takes its time: the node asks, and asks again. */
static struct {
    bool asked;
    bool answered;
    int32_t result;
    int32_t value;
} conversion;

void devices_take_sensed(const uint8_t *payload, uint32_t length)
{
    if (length != SENSED_BYTES || !conversion.asked) return;
    conversion.answered = true;
    /* A byte with a sign. */
    conversion.result = payload[0] < 0x80 ? payload[0] : payload[0] - 0x100;
    conversion.value = (int32_t)little_u32(payload + 1);
}

void devices_lost(void)
{
    conversion.asked = conversion.answered;
}

int32_t board_sensor_read(uint32_t channel, int32_t *value)
{
    if (channel != 0) return HAL_ENOENT;
    if (!conversion.asked) {
        bridge_send(BRIDGE_SENSE, NULL, 0, NULL, 0);
        conversion.asked = true;
        conversion.answered = false;
    }
    if (!conversion.answered) return HAL_EAGAIN;
    conversion.asked = false;
    if (conversion.result == 0) *value = conversion.value;
    return conversion.result;
}

int32_t board_actuator_write(uint32_t channel, int32_t value)
{
    if (channel != 0) return HAL_ENOENT;
    log_line(HAL_LOG_INFO, "actuator 0 = %ld", (long)value);
    return 0;
}

/* The power stays on: the board waits. */
int32_t board_deep_sleep(uint32_t ms)
{
    (void)ms;
    return 0;
}
