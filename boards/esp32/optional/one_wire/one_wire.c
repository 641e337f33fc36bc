#include "one_wire.h"

#include <stdbool.h>
#include <stdlib.h>

#include "onewire_bus.h"

#include "abi.h"
#include "ds18b20.h"
#include "monotonic.h"

/* ["ROM Commands", "Function Commands"]: there is one probe on the line, so none is addressed. */
#define SKIP_ROM 0xcc
#define CONVERT 0x44
#define READ_SCRATCHPAD 0xbe

struct one_wire {
    uint8_t pin;
    /** NULL after a failure: the next transfer makes it anew. */
    onewire_bus_handle_t bus;
    bool converting;
    uint32_t sinceMs;
};

static bool open_bus(struct one_wire *line)
{
    const onewire_bus_config_t bus = {.bus_gpio_num = line->pin};
    const onewire_bus_rmt_config_t rmt = {.max_rx_bytes = DS18B20_SCRATCHPAD_BYTES + 1};
    return onewire_new_bus_rmt(&bus, &rmt, &line->bus) == ESP_OK;
}

struct one_wire *one_wire_open(uint8_t pin)
{
    struct one_wire *line = calloc(1, sizeof *line);
    if (line == NULL) return NULL;
    line->pin = pin;
    if (open_bus(line)) return line;
    free(line);
    return NULL;
}

/*
 * onewire_bus gives up a reset on a line that does not move after a second, with the receiver still waiting: it would
 * take the edge of a later repair for the answer to the next reset, and be one answer behind from then on. So the bus
 * is made anew. To delete it while it transmits would use an encoder that is freed by then: a bit that it can write
 * says that it does not. Otherwise the bus is left alone, and the chip's channels are the bound of that.
 */
static enum probe_fault give_up(struct one_wire *line, enum probe_fault fault)
{
    if (onewire_bus_write_bit(line->bus, 1) == ESP_OK) (void)onewire_bus_del(line->bus);
    line->bus = NULL;
    return fault;
}

/* A transfer takes 1 ms for the reset and 0.5 ms for each byte; a second if the line does not move. */
static enum probe_fault command(struct one_wire *line, uint8_t function)
{
    if (line->bus == NULL && !open_bus(line)) return PROBE_NO_ANSWER;
    const uint8_t bytes[] = {SKIP_ROM, function};
    esp_err_t error = onewire_bus_reset(line->bus);
    if (error == ESP_ERR_NOT_FOUND) return PROBE_NO_ANSWER;
    if (error != ESP_OK) return give_up(line, error == ESP_ERR_TIMEOUT ? PROBE_STUCK : PROBE_NO_ANSWER);
    error = onewire_bus_write_bytes(line->bus, bytes, sizeof bytes);
    return error == ESP_OK ? PROBE_OK : give_up(line, PROBE_NO_ANSWER);
}

static enum probe_fault fetch(struct one_wire *line, int32_t *value)
{
    enum probe_fault fault = command(line, READ_SCRATCHPAD);
    if (fault != PROBE_OK) return fault;
    uint8_t scratchpad[DS18B20_SCRATCHPAD_BYTES];
    if (onewire_bus_read_bytes(line->bus, scratchpad, sizeof scratchpad) != ESP_OK)
        return give_up(line, PROBE_NO_ANSWER);
    return ds18b20_convert(scratchpad, value);
}

int32_t one_wire_read(struct one_wire *line, int32_t *value, enum probe_fault *fault)
{
    if (!line->converting) {
        *fault = command(line, CONVERT);
        if (*fault != PROBE_OK) return HAL_EIO;
        line->converting = true;
        /* After the command, which can take longer than a later one to read it. */
        line->sinceMs = (uint32_t)monotonic_ms();
        return HAL_EAGAIN;
    }
    /* Not `<`: of whole milliseconds the first can have been almost over. */
    if ((uint32_t)monotonic_ms() - line->sinceMs <= DS18B20_CONVERSION_MS) return HAL_EAGAIN;
    line->converting = false;
    *fault = fetch(line, value);
    return *fault == PROBE_OK ? 0 : HAL_EIO;
}
