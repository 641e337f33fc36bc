#include "serial.h"

#include "driver/uart.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"
#include "soc/soc_caps.h"

#if SOC_USB_SERIAL_JTAG_SUPPORTED
#include "hal/usb_serial_jtag_ll.h"
#endif

#define WAIT_MS 20
#define UART_BUFFER_BYTES 512

bool serial_init(void)
{
    return uart_driver_install(CONFIG_ESP_CONSOLE_UART_NUM, UART_BUFFER_BYTES, 0, 0, NULL, 0) == ESP_OK;
}

/* The log goes out over USB as well where the chip has it, so it must be possible to type there too. */
static uint32_t read_usb(uint8_t *bytes, uint32_t capacity)
{
#if SOC_USB_SERIAL_JTAG_SUPPORTED
    return usb_serial_jtag_ll_rxfifo_data_available() ? usb_serial_jtag_ll_read_rxfifo(bytes, capacity) : 0;
#else
    (void)bytes;
    (void)capacity;
    return 0;
#endif
}

uint32_t serial_read(uint8_t *bytes, uint32_t capacity)
{
    uint32_t length = read_usb(bytes, capacity);
    if (length > 0) return length;
    /* Waits for one byte, and takes those that are behind it. */
    int first = uart_read_bytes(CONFIG_ESP_CONSOLE_UART_NUM, bytes, 1, pdMS_TO_TICKS(WAIT_MS));
    if (first <= 0) return 0;
    int rest = uart_read_bytes(CONFIG_ESP_CONSOLE_UART_NUM, bytes + 1, capacity - 1, 0);
    return 1 + (uint32_t)(rest > 0 ? rest : 0);
}
