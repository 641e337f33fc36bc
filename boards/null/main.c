/**
 * wasmote-null: how much a node costs, with a network that costs nothing.
 *
 *     wasmote-null module.wasm --publishes N
 *
 * runs the node until it has sent N publishes and their acknowledgements have been received, and prints one JSON line.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "node.h"
#include "null.h"
#include "run.h"

/* The module stays where it is for the node's whole life. */
static uint8_t module[65536];

static int fail(const char *what, const char *detail)
{
    (void)fprintf(stderr, "wasmote-null: error: %s%s\n", what, detail);
    return 1;
}

static int measure(struct node *node, uint32_t publishes)
{
    struct null_run run = {.node = node};
    const char *why = node_setup(node);
    if (why == NULL) why = null_run(&run, publishes);
    if (why != NULL) return fail("the node fails: ", why);
    (void)printf("{\"publishes\":%lu,\"steps\":%llu,\"imageBytes\":%lu,\"heapBytes\":%zu,\"heapPeakBytes\":%zu}\n",
                 (unsigned long)nullPublishes, (unsigned long long)run.steps, (unsigned long)node->metadata.imageSize,
                 heapBytes, heapPeakBytes);
    return 0;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    unsigned long publishes = argc == 4 && strcmp(argv[2], "--publishes") == 0 ? strtoul(argv[3], &end, 10) : 0;
    if (publishes == 0 || publishes > 100000000 || *end != '\0') {
        (void)fprintf(stderr, "usage: wasmote-null <module.wasm> --publishes N   (N: 1 to 100000000)\n");
        return 2;
    }
    FILE *file = fopen(argv[1], "rb");
    if (file == NULL) return fail("can't open ", argv[1]);
    size_t length = fread(module, 1, sizeof module, file);
    (void)fclose(file);

    static struct node node;
    struct refusal refusal;
    if (!node_load(&node, module, (uint32_t)length, &refusal)) {
        char text[REFUSAL_TEXT_BYTES];
        refusal_describe(&refusal, text);
        (void)fail("", text);
        return 3;
    }
    uint32_t allocations = heapAllocations;
    int status = measure(&node, (uint32_t)publishes);
    if (status == 0 && heapAllocations != allocations) return fail("wasm3 allocated after the node was loaded", "");
    return status;
}
