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
    const uint32_t *word = stack_bottom;
    while (word < stack_top && *word == STACK_PAINT)
        word++;
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)word);
}
