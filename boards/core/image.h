/**
 * The image rule, as far as a board's safety rests on it: everything that a node knows lies in the first `imageSize`
 * bytes of its one page of memory. host/module/image-rule.ts checks the whole rule when a module is built.
 */
#ifndef WASMOTE_IMAGE_H
#define WASMOTE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "refusal.h"

/**
 * Most parameters and results together that one function type may have. wasm3 writes a call's arguments above the
 * caller's frame before it checks the stack's end, so engine.c keeps that many slots free there.
 */
#define IMAGE_MAX_TYPE_VALUES 16

/**
 * Checks what the engine does not: one page that can't grow (wasm3 would let a limited memory lie about its size), no
 * mutable global and no start function (a fresh image would not undo them), data inside the image only, imports from
 * the ABI only, and no length or count that wasm3 would follow out of its section or out of the address space. Bodies
 * of functions are not looked into: wasm3 0.5 does not validate them either. `length` bytes that metadata_read() has
 * accepted.
 *
 * @return true; or false and `*refusal` says why.
 */
bool image_check(const uint8_t *module, uint32_t length, uint32_t imageSize, struct refusal *refusal);

/** Makes `image` what it is before setup(): zeros and the module's data. The module must have passed image_check(). */
void image_reset(const uint8_t *module, uint32_t length, uint8_t *image, uint32_t imageSize);

#endif
