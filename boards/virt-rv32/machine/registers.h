/** Where QEMU's machine `virt` has its devices, and the hart's control registers. */
#ifndef WASMOTE_REGISTERS_H
#define WASMOTE_REGISTERS_H

#include <stdint.h>

/** SiFive's test finisher: ends QEMU or resets the machine. */
#define FINISHER_BASE 0x00100000
/** SiFive's CLINT: the clock and its alarm. */
#define MTIMECMP_BASE 0x02004000
#define MTIME_BASE 0x0200bff8
#define MTIME_PER_MS 10000
/** The platform's interrupt controller. */
#define PLIC_BASE 0x0c000000
/** A 16550 serial port, and its interrupt. */
#define UART_BASE 0x10000000
#define UART_INTERRUPT 10
/** The second of two banks of NOR flash, 32 MiB each. QEMU starts from the first one if there is a file for it. */
#define FLASH_BASE 0x22000000

static inline volatile uint8_t *register8(uintptr_t address)
{
    return (volatile uint8_t *)address; /* NOLINT(performance-no-int-to-ptr): a register is at its address */
}

static inline volatile uint32_t *register32(uintptr_t address)
{
    return (volatile uint32_t *)address; /* NOLINT(performance-no-int-to-ptr): as above */
}

/** Bits of mie: which interrupts end a wait, and, where MSTATUS_MIE is set, trap. */
#define MIE_TIMER 0x80
#define MIE_EXTERNAL 0x800

#define MSTATUS_MIE 0x8

/* The architecture is rv32imc to GCC, which has no name for these instructions there: the assembler is told of them. */
#define CSR(instruction) ".option push\n.option arch, +zicsr\n" instruction "\n.option pop"

/** Sets which interrupts are enabled. */
static inline void csr_write_mie(uint32_t bits)
{
    __asm__ volatile(CSR("csrw mie, %0") : : "r"(bits) : "memory");
}

static inline void csr_set_mstatus(uint32_t bits)
{
    __asm__ volatile(CSR("csrs mstatus, %0") : : "r"(bits) : "memory");
}

static inline void csr_clear_mstatus(uint32_t bits)
{
    __asm__ volatile(CSR("csrc mstatus, %0") : : "r"(bits) : "memory");
}

static inline uint32_t csr_read_minstret(void)
{
    uint32_t value = 0;
    __asm__ volatile(CSR("csrr %0, minstret") : "=r"(value));
    return value;
}

static inline uint32_t csr_read_minstreth(void)
{
    uint32_t value = 0;
    __asm__ volatile(CSR("csrr %0, minstreth") : "=r"(value));
    return value;
}

/** How many instructions the hart has executed since it was started. */
static inline uint64_t instructions_retired(void)
{
    for (;;) {
        uint32_t high = csr_read_minstreth();
        uint32_t low = csr_read_minstret();
        if (csr_read_minstreth() == high) return (uint64_t)high << 32 | low;
    }
}

/** Waits for an interrupt that is enabled in mie; it is not taken unless MSTATUS_MIE is set. */
static inline void wait_for_interrupt(void)
{
    __asm__ volatile("wfi" : : : "memory");
}

#endif
