#include "refusal.h"

#include <stdio.h>

#include "abi.h"

#define RULE "the module breaks the rule that a node is an image: "

/* Longest part of an import's name that is shown. */
#define SHOWN_NAME_BYTES 40

/* Copies a name from a module for display: hostile bytes must not reach a terminal. */
static void show_name(const struct refusal *refusal, char shown[SHOWN_NAME_BYTES + 1])
{
    uint32_t length = refusal->nameLength < SHOWN_NAME_BYTES ? refusal->nameLength : SHOWN_NAME_BYTES;
    for (uint32_t i = 0; i < length; i++) {
        uint8_t byte = refusal->name[i];
        shown[i] = (char)(byte > 0x20 && byte < 0x7f ? byte : '?');
    }
    shown[length] = '\0';
}

void refusal_describe(const struct refusal *refusal, char text[REFUSAL_TEXT_BYTES])
{
    const char *detail = refusal->text != NULL ? refusal->text : "";
    unsigned long number = refusal->number;
    char name[SHOWN_NAME_BYTES + 1];
    switch (refusal->reason) {
    case REFUSAL_NONE:
        text[0] = '\0';
        return;
    case REFUSAL_NOT_WASM:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, "not a WebAssembly module: %s", detail);
        return;
    case REFUSAL_NO_METADATA:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, "not a wasmote module: it carries no metadata");
        return;
    case REFUSAL_ABI_VERSION:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, "the module speaks ABI version %lu, this board speaks version %d",
                       number, HAL_ABI_VERSION);
        return;
    case REFUSAL_IMAGE_SIZE:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, RULE "its image size is %lu", number);
        return;
    case REFUSAL_IMAGE_RULE:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, RULE "%s", detail);
        return;
    case REFUSAL_DATA:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, RULE "it has data at %lu, outside its image", number);
        return;
    case REFUSAL_IMPORT:
        show_name(refusal, name);
        (void)snprintf(text, REFUSAL_TEXT_BYTES, RULE "it imports %s, which is not in the ABI", name);
        return;
    case REFUSAL_EXPORT:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, RULE "it does not export %s as the ABI has it", detail);
        return;
    case REFUSAL_ENGINE:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, "wasm3 does not take the module: %s", detail);
        return;
    case REFUSAL_NO_MEMORY:
        (void)snprintf(text, REFUSAL_TEXT_BYTES, "there is not enough memory for the module");
        return;
    }
}
