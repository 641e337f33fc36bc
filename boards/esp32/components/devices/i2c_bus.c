#include "i2c_bus.h"

#include <stddef.h>

#include "driver/i2c_master.h"

#include "abi.h"
#include "devices.h"
#include "settings.h"

/* All probes take this; long wires don't take more. */
#define CLOCK_HZ 100000

/* A transfer of a few bytes takes 1 ms; a probe may stretch the clock for 10. */
#define TRANSFER_MS 20

#define MAX_BUSES 2

/* Devices are made when they are first spoken to, and stay. */
struct bus {
    uint8_t sda;
    uint8_t scl;
    i2c_master_bus_handle_t handle;
    struct {
        uint8_t address;
        i2c_master_dev_handle_t handle;
    } devices[SETTINGS_SENSORS];
    struct probe_bus probe;
};

static struct bus buses[MAX_BUSES];

static i2c_master_dev_handle_t device(struct bus *bus, uint8_t address)
{
    size_t i = 0;
    while (i < SETTINGS_SENSORS && bus->devices[i].handle != NULL && bus->devices[i].address != address)
        i++;
    if (i == SETTINGS_SENSORS) return NULL;
    if (bus->devices[i].handle == NULL) {
        const i2c_device_config_t config = {
            .dev_addr_length = I2C_ADDR_BIT_LEN_7, .device_address = address, .scl_speed_hz = CLOCK_HZ};
        if (i2c_master_bus_add_device(bus->handle, &config, &bus->devices[i].handle) != ESP_OK) return NULL;
        bus->devices[i].address = address;
    }
    return bus->devices[i].handle;
}

static int32_t write(void *context, uint8_t address, const uint8_t *bytes, uint32_t length)
{
    i2c_master_dev_handle_t to = device(context, address);
    return to != NULL && i2c_master_transmit(to, bytes, length, TRANSFER_MS) == ESP_OK ? 0 : HAL_EIO;
}

static int32_t read(void *context, uint8_t address, uint8_t *bytes, uint32_t length)
{
    i2c_master_dev_handle_t from = device(context, address);
    return from != NULL && i2c_master_receive(from, bytes, length, TRANSFER_MS) == ESP_OK ? 0 : HAL_EIO;
}

const struct probe_bus *i2c_bus(uint8_t sda, uint8_t scl)
{
    size_t i = 0;
    while (i < MAX_BUSES && buses[i].handle != NULL && (buses[i].sda != sda || buses[i].scl != scl))
        i++;
    if (i == MAX_BUSES) return NULL;
    struct bus *bus = &buses[i];
    if (bus->handle != NULL) return &bus->probe;
    const i2c_master_bus_config_t config = {
        .i2c_port = -1,
        .sda_io_num = sda,
        .scl_io_num = scl,
        .clk_source = I2C_CLK_SRC_DEFAULT,
        .glitch_ignore_cnt = 7,
        /* For a probe on a short wire; breakout boards have resistors of their own. */
        .flags.enable_internal_pullup = true,
    };
    if (i2c_new_master_bus(&config, &bus->handle) != ESP_OK) return NULL;
    bus->sda = sda;
    bus->scl = scl;
    bus->probe = (struct probe_bus){.context = bus, .write = write, .read = read};
    return &bus->probe;
}
