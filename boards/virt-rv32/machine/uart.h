/**
 * The serial port, with a ring for each direction. Nothing here runs by itself: uart_pump() moves bytes between the
 * rings and the port's FIFOs of 16 bytes. QEMU hands over no more than the FIFO takes; a port that did not wait would
 * need an interrupt handler in its place.
 */
#ifndef WASMOTE_UART_H
#define WASMOTE_UART_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes that each ring holds. */
#define UART_RING_BYTES 4096

/** Sets up the port and its interrupt. */
void uart_init(void);

/** Moves what can be moved at once. */
void uart_pump(void);

/** The next byte that has arrived, or -1. */
int uart_receive(void);

/** Bytes that can be queued now. */
uint32_t uart_room(void);

/** Queues bytes; waits until the port has taken enough of those before where there is no room. */
void uart_send(const uint8_t *bytes, uint32_t length);

/** Waits until the port has taken everything. */
void uart_flush(void);

/** Waits for something to arrive, for the port to take more, or for the alarm of clock.h. */
void uart_wait(void);

#endif
