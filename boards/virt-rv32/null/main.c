/**
 * How much a node costs on bare metal, with a network that costs nothing: runs the module in flash and prints one JSON
 * line. The same as wasmote-null on a PC, counted by the hart itself: under QEMU's -icount its counter is exact.
 */

#include <stdio.h>
#include <stdlib.h>

#include "module.h"
#include "node.h"
#include "null.h"
#include "registers.h"
#include "run.h"
#include "sbrk.h"
#include "stack.h"
#include "uart.h"

/* The difference of the two leaves out starting, loading and connecting. */
#define FEW 1000
#define MANY 11000

static _Noreturn void fail(const char *why)
{
    (void)fprintf(stderr, "error: %s\n", why);
    exit(1);
}

int main(void)
{
    static struct node node;
    uart_init();
    uint32_t length = 0;
    const uint8_t *module = module_find(&length);
    if (module == NULL) fail("there is no module in flash");
    struct refusal refusal;
    if (!node_load(&node, module, length, &refusal)) {
        char text[REFUSAL_TEXT_BYTES];
        refusal_describe(&refusal, text);
        fail(text);
    }
    uint32_t loadedBytes = heap_peak_bytes();
    struct null_run run = {.node = &node};
    const char *why = node_setup(&node);
    if (why == NULL) why = null_run(&run, FEW);
    uint64_t before = instructions_retired();
    if (why == NULL) why = null_run(&run, MANY);
    uint64_t instructions = instructions_retired() - before;
    if (why != NULL) fail(why);
    if (heap_peak_bytes() != loadedBytes) fail("something was allocated after the node was loaded");
    if (stack_peak_bytes() == stack_bytes()) fail("the stack is used up");
    (void)printf("{\"publishes\":%d,\"instructions\":%lu,\"heapBytes\":%lu,\"stackBytes\":%lu}\n", MANY - FEW,
                 (unsigned long)instructions, (unsigned long)loadedBytes, (unsigned long)stack_peak_bytes());
    exit(0);
}
