#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define MOST_MODULE_BYTES 4096

struct node *fuzz_node(void)
{
    static uint8_t module[MOST_MODULE_BYTES];
    static struct node node;
    static bool loaded;
    if (!loaded) {
        FILE *file = fopen(WASMOTE_FUZZ_MODULE, "rb");
        size_t length = file != NULL ? fread(module, 1, sizeof module, file) : 0;
        struct refusal refusal = {0};
        if (file == NULL || !node_load(&node, module, (uint32_t)length, &refusal)) {
            char text[REFUSAL_TEXT_BYTES] = "it can't be read";
            if (file != NULL) refusal_describe(&refusal, text);
            (void)fprintf(stderr, "%s: %s\n", WASMOTE_FUZZ_MODULE, text);
            abort();
        }
        (void)fclose(file);
        loaded = true;
    }
    if (!node_reset(&node)) abort();
    return &node;
}
