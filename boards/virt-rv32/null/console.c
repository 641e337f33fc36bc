/* The serial port as stdout and stderr, for a program that reports and ends. */

#include <stdio.h>
#include <stdlib.h>

#include "power.h"
#include "trap.h"
#include "uart.h"

static int put(char byte, FILE *file)
{
    (void)file;
    uart_send((const uint8_t *)&byte, 1);
    return (unsigned char)byte;
}

/* NOLINTNEXTLINE(cert-fio38-c,misc-non-copyable-objects): picolibc's way to make one */
static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);

/* What picolibc's stdio.h declares. */
FILE *const stdout = &console;
FILE *const stderr = &console;

/* Where exit() ends. */
_Noreturn void _exit(int status);

void _exit(int status)
{
    uart_flush();
    power_off(status);
}

void machine_trapped(uint32_t cause, uint32_t address, uint32_t value)
{
    (void)printf("trap %lu at 0x%08lx, value 0x%08lx\n", (unsigned long)cause, (unsigned long)address,
                 (unsigned long)value);
    _exit(1);
}
