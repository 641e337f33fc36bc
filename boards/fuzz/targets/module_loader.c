/*
 * The module loader: metadata, the image rule, and wasm3's parser behind them, up to where wasm3 would compile a
 * function. wasm3 0.5 does not validate what it compiles, so a body that nobody has validated can make it do anything:
 * see tests/fuzz/corpus/README.md. boards/fuzz/CMakeLists.txt puts the function below in its compiler's place.
 */

#include "fuzz.h"
#include "input.h"
#include "refusal.h"

/* No part of the library's interface, hence these declarations here: the linker's --wrap gives the name. */
struct M3Function;
const char *__wrap_CompileFunction(struct M3Function *function);

/* NOLINTNEXTLINE(readability-non-const-parameter): wasm3's shape */
const char *__wrap_CompileFunction(struct M3Function *function)
{
    (void)function;
    return NULL;
}

/* LeakSanitizer asks for it. wasm3 0.5 forgets the name of a custom section that it refuses: 10 KB at most, and no
 * more. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:ParseSection_Custom";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    uint8_t *module = input_rest(&input);
    struct node node;
    struct refusal refusal = {0};
    bool loaded = node_load(&node, module, (uint32_t)size, &refusal);
    CLAIM(loaded == (refusal.reason == REFUSAL_NONE));
    if (loaded) {
        uint32_t bytes;
        uint8_t *image = engine_memory(&node.engine, &bytes);
        CLAIM(bytes == node.metadata.imageSize);
        uint8_t *fresh = malloc(bytes);
        if (fresh == NULL) abort();
        memcpy(fresh, image, bytes);
        memset(image, 0xa5, bytes);
        CLAIM(node_reset(&node));
        /* wasm3 and image.c agree on what the data segments say. */
        CLAIM(memcmp(node_image(&node), fresh, bytes) == 0);
        free(fresh);
    } else {
        char text[REFUSAL_TEXT_BYTES];
        refusal_describe(&refusal, text);
        CLAIM(strlen(text) > 0);
        for (const char *c = text; *c != '\0'; c++)
            CLAIM(*c >= ' ' && *c <= '~');
    }
    node_free(&node);
    free(module);
    return 0;
}
