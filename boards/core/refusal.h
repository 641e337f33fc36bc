/** Why a board refuses a module. */
#ifndef WASMOTE_REFUSAL_H
#define WASMOTE_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

enum refusal_reason {
    REFUSAL_NONE = 0,
    /** The bytes are not a WebAssembly module, or end too early: `text` says what is wrong. */
    REFUSAL_NOT_WASM,
    /** No custom section `wasmote` of 20 bytes comes first. */
    REFUSAL_NO_METADATA,
    /** `number` is the ABI version that the module speaks. */
    REFUSAL_ABI_VERSION,
    /** `number` is the image size that its metadata claims. */
    REFUSAL_IMAGE_SIZE,
    /** It breaks the rule that a node is an image: `text` says how. */
    REFUSAL_IMAGE_RULE,
    /** It has data at address `number`, outside its image. */
    REFUSAL_DATA,
    /** It imports `name`, which is not in the ABI. */
    REFUSAL_IMPORT,
    /** It does not export `text`, or with other parameters or results. */
    REFUSAL_EXPORT,
    /** wasm3 does not take it: `text` is wasm3's name for why. */
    REFUSAL_ENGINE,
    /** There is not enough memory for it. */
    REFUSAL_NO_MEMORY,
};

struct refusal {
    enum refusal_reason reason;
    uint32_t number;
    /** Static text, or NULL. */
    const char *text;
    /** Points into the module; not NUL-terminated. */
    const uint8_t *name;
    uint32_t nameLength;
};

/** Longest text that refusal_describe() writes, its NUL included; a longer name from a module is cut. */
#define REFUSAL_TEXT_BYTES 160

/** Writes one line for a person. */
void refusal_describe(const struct refusal *refusal, char text[REFUSAL_TEXT_BYTES]);

#endif
