#include "one_wire.h"

#include <stdbool.h>
#include <stdlib.h>

#include "onewire_bus.h"

#include "abi.h"
#include "ds18b20.h"

/* ["ROM Commands", "Function Commands"]: there is one probe on the line, so none is addressed. */
#define SKIP_ROM 0xcc
#define CONVERT 0x44
#define READ_SCRATCHPAD 0xbe

struct one_wire {
    onewire_bus_handle_t bus;
    bool converting;
    uint32_t sinceMs;
};

struct one_wire *one_wire_open(uint8_t pin)
{
    struct one_wire *line = calloc(1, sizeof *line);
    if (line == NULL) return NULL;
    const onewire_bus_config_t bus = {.bus_gpio_num = pin};
    const onewire_bus_rmt_config_t rmt = {.max_rx_bytes = DS18B20_SCRATCHPAD_BYTES + 1};
    if (onewire_new_bus_rmt(&bus, &rmt, &line->bus) == ESP_OK) return line;
    free(line);
    return NULL;
}

/* A transfer takes 1 ms for the reset and 0.5 ms for each byte. */
static bool command(struct one_wire *line, uint8_t function)
{
    const uint8_t bytes[] = {SKIP_ROM, function};
    return onewire_bus_reset(line->bus) == ESP_OK && onewire_bus_write_bytes(line->bus, bytes, sizeof bytes) == ESP_OK;
}

static enum probe_fault fetch(struct one_wire *line, int32_t *value)
{
    uint8_t scratchpad[DS18B20_SCRATCHPAD_BYTES];
    if (!command(line, READ_SCRATCHPAD) || onewire_bus_read_bytes(line->bus, scratchpad, sizeof scratchpad) != ESP_OK)
        return PROBE_NO_ANSWER;
    return ds18b20_convert(scratchpad, value);
}

int32_t one_wire_read(struct one_wire *line, uint32_t nowMs, int32_t *value, enum probe_fault *fault)
{
    if (!line->converting) {
        *fault = command(line, CONVERT) ? PROBE_OK : PROBE_NO_ANSWER;
        if (*fault != PROBE_OK) return HAL_EIO;
        line->converting = true;
        line->sinceMs = nowMs;
        return HAL_EAGAIN;
    }
    if (nowMs - line->sinceMs < DS18B20_CONVERSION_MS) return HAL_EAGAIN;
    line->converting = false;
    *fault = fetch(line, value);
    return *fault == PROBE_OK ? 0 : HAL_EIO;
}
