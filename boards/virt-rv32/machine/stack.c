#include "stack.h"

/* From link.ld. */
extern uint32_t stack_bottom[];
extern uint32_t stack_top[];

uint32_t stack_bytes(void)
{
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)stack_bottom);
}

uint32_t stack_peak_bytes(void)
{
    uint32_t unused = 0;
    while (unused < stack_bytes() && stack_bottom[unused / sizeof(uint32_t)] == STACK_PAINT)
        unused += sizeof(uint32_t);
    return stack_bytes() - unused;
}
