#include "uart.h"

#include "registers.h"

/* Registers of a 16550, each a byte. */
enum { DATA = 0, INTERRUPT_ENABLE = 1, INTERRUPT_IDENTITY = 2, FIFO_CONTROL = 2, LINE_CONTROL = 3, LINE_STATUS = 5 };
enum { ENABLE_RECEIVED = 0x01, ENABLE_SENT = 0x02 };
enum { FIFO_ENABLE_AND_CLEAR = 0x07 };
enum { LINE_8N1 = 0x03 };
enum { STATUS_RECEIVED = 0x01, STATUS_SENT = 0x20, STATUS_IDLE = 0x40 };

#define FIFO_BYTES 16

/* Of the interrupt controller, for this hart in machine mode. */
#define PLIC_PRIORITY (PLIC_BASE + 4 * UART_INTERRUPT)
#define PLIC_ENABLE (PLIC_BASE + 0x2000)
#define PLIC_THRESHOLD (PLIC_BASE + 0x200000)
#define PLIC_CLAIM (PLIC_BASE + 0x200004)

#define RING_MASK (UART_RING_BYTES - 1)
_Static_assert((UART_RING_BYTES & RING_MASK) == 0, "positions wrap by masking");

/* Positions count on; those of a ring are never further apart than its bytes. */
struct ring {
    uint8_t bytes[UART_RING_BYTES];
    uint32_t first;
    uint32_t end;
};

static struct ring received;
static struct ring sent;

static inline uint32_t filled(const struct ring *ring)
{
    return ring->end - ring->first;
}

static inline void put(struct ring *ring, uint8_t byte)
{
    ring->bytes[ring->end++ & RING_MASK] = byte;
}

static inline uint8_t take(struct ring *ring)
{
    return ring->bytes[ring->first++ & RING_MASK];
}

static inline uint8_t line_status(void)
{
    return *register8(UART_BASE + LINE_STATUS);
}

void uart_init(void)
{
    *register8(UART_BASE + LINE_CONTROL) = LINE_8N1;
    *register8(UART_BASE + FIFO_CONTROL) = FIFO_ENABLE_AND_CLEAR;
    *register8(UART_BASE + INTERRUPT_ENABLE) = ENABLE_RECEIVED;
    *register32(PLIC_PRIORITY) = 1;
    *register32(PLIC_ENABLE) = UINT32_C(1) << UART_INTERRUPT;
    *register32(PLIC_THRESHOLD) = 0;
}

void uart_pump(void)
{
    while (filled(&received) < UART_RING_BYTES && (line_status() & STATUS_RECEIVED) != 0)
        put(&received, *register8(UART_BASE + DATA));
    while (filled(&sent) > 0 && (line_status() & STATUS_SENT) != 0)
        for (int i = 0; i < FIFO_BYTES && filled(&sent) > 0; i++)
            *register8(UART_BASE + DATA) = take(&sent);
}

int uart_receive(void)
{
    return filled(&received) > 0 ? take(&received) : -1;
}

uint32_t uart_room(void)
{
    return UART_RING_BYTES - filled(&sent);
}

void uart_send(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        while (uart_room() == 0)
            uart_pump();
        put(&sent, bytes[i]);
    }
}

void uart_flush(void)
{
    while (filled(&sent) > 0)
        uart_pump();
    while ((line_status() & STATUS_IDLE) == 0)
        continue;
}

void uart_wait(void)
{
    *register8(UART_BASE + INTERRUPT_ENABLE) = filled(&sent) > 0 ? ENABLE_RECEIVED | ENABLE_SENT : ENABLE_RECEIVED;
    csr_write_mie(MIE_TIMER | MIE_EXTERNAL);
    wait_for_interrupt();
    csr_write_mie(0);
    uint32_t interrupt = *register32(PLIC_CLAIM);
    uart_pump();
    (void)*register8(UART_BASE + INTERRUPT_IDENTITY);
    if (interrupt != 0) *register32(PLIC_CLAIM) = interrupt;
}
