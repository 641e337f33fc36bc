#include "metadata.h"

#include <string.h>

#include "abi.h"
#include "little.h"
#include "reader.h"

#define WASM_HEADER_BYTES 8
#define METADATA_BYTES 20
#define PAGE_BYTES 65536

static bool refuse(struct refusal *refusal, enum refusal_reason reason, uint32_t number, const char *text)
{
    *refusal = (struct refusal){.reason = reason, .number = number, .text = text};
    return false;
}

bool metadata_read(const uint8_t *module, uint32_t length, struct metadata *metadata, struct refusal *refusal)
{
    static const uint8_t header[WASM_HEADER_BYTES] = {0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00};
    if (length < WASM_HEADER_BYTES || memcmp(module, header, WASM_HEADER_BYTES) != 0)
        return refuse(refusal, REFUSAL_NOT_WASM, 0, "it does not begin with the WebAssembly header");

    struct reader sections = reader_of(module + WASM_HEADER_BYTES, length - WASM_HEADER_BYTES);
    struct reader body;
    uint8_t id;
    bool first = reader_section(&sections, &id, &body);
    if (sections.failed) return refuse(refusal, REFUSAL_NOT_WASM, 0, "it ends in the middle of a section");
    if (!first || id != WASM_CUSTOM) return refuse(refusal, REFUSAL_NO_METADATA, 0, NULL);
    struct reader name = reader_take(&body, reader_u32(&body));
    if (body.failed || !reader_is(&name, "wasmote") || reader_left(&body) != METADATA_BYTES)
        return refuse(refusal, REFUSAL_NO_METADATA, 0, NULL);

    const uint8_t *fields = body.next;
    metadata->abiVersion = little_u16(fields);
    metadata->imageSize = little_u32(fields + 4);
    metadata->layoutId = little_u32(fields + 8);
    memcpy(metadata->buildId, fields + 12, METADATA_BUILD_ID_BYTES);
    if (metadata->abiVersion != HAL_ABI_VERSION)
        return refuse(refusal, REFUSAL_ABI_VERSION, metadata->abiVersion, NULL);
    if (metadata->imageSize == 0 || metadata->imageSize % 8 != 0 || metadata->imageSize > PAGE_BYTES)
        return refuse(refusal, REFUSAL_IMAGE_SIZE, metadata->imageSize, NULL);
    return true;
}
