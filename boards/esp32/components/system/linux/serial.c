/** The `linux` target types at the program's own standard input. */

#include "serial.h"

#include <fcntl.h>
#include <unistd.h>

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define WAIT_MS 20

bool serial_init(void)
{
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    return flags >= 0 && fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK) == 0;
}

uint32_t serial_read(uint8_t *bytes, uint32_t capacity)
{
    ssize_t length = read(STDIN_FILENO, bytes, capacity);
    if (length > 0) return (uint32_t)length;
    vTaskDelay(pdMS_TO_TICKS(WAIT_MS));
    return 0;
}
