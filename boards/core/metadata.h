/** The custom section `wasmote` that every module carries: docs/abi.md, "Metadata". */
#ifndef WASMOTE_METADATA_H
#define WASMOTE_METADATA_H

#include <stdbool.h>
#include <stdint.h>

#include "refusal.h"

#define METADATA_BUILD_ID_BYTES 8

struct metadata {
    uint16_t abiVersion;
    /** Bytes from address 0 that are the node: a multiple of 8, at most one page. */
    uint32_t imageSize;
    /** Two modules share it only if an image of one is valid in the other. */
    uint32_t layoutId;
    uint8_t buildId[METADATA_BUILD_ID_BYTES];
};

/**
 * Reads a module's metadata without running, or trusting, any of it.
 *
 * @return true and `*metadata` is set; or false and `*refusal` says why: not WebAssembly, no metadata, another ABI
 *         version, an impossible image size.
 */
bool metadata_read(const uint8_t *module, uint32_t length, struct metadata *metadata, struct refusal *refusal);

#endif
