#include "image.h"

#include <string.h>

#include "abi.h"
#include "reader.h"

#define WASM_HEADER_BYTES 8
#define FUNCTION_TYPE 0x60
#define FUNCTION_KIND 0
#define OP_I32_CONST 0x41
#define OP_END 0x0b
/* One initialiser is one constant instruction and OP_END; these are the instructions that the build emits. */
#define OP_I64_CONST 0x42

static bool broken(struct refusal *refusal, const char *how)
{
    *refusal = (struct refusal){.reason = REFUSAL_IMAGE_RULE, .text = how};
    return false;
}

static bool check_types(struct reader types, struct refusal *refusal)
{
    for (uint32_t count = reader_u32(&types); count > 0 && !types.failed; count--) {
        if (reader_byte(&types) != FUNCTION_TYPE) return broken(refusal, "it has a type that is not a function");
        uint32_t parameters = reader_u32(&types);
        (void)reader_take(&types, parameters);
        uint32_t results = reader_u32(&types);
        (void)reader_take(&types, results);
        if (parameters > IMAGE_MAX_TYPE_VALUES || results > IMAGE_MAX_TYPE_VALUES - parameters)
            return broken(refusal, "a function has more than 16 parameters and results");
    }
    return !types.failed || broken(refusal, "its types are malformed");
}

static bool is_in_abi(const struct reader *name)
{
#define HAL_IMPORT(import, parameters, result, signature) \
    if (reader_is(name, #import)) return true;
    HAL_IMPORTS(HAL_IMPORT)
#undef HAL_IMPORT
    return false;
}

static bool check_imports(struct reader imports, struct refusal *refusal)
{
    for (uint32_t count = reader_u32(&imports); count > 0 && !imports.failed; count--) {
        struct reader module = reader_take(&imports, reader_u32(&imports));
        struct reader name = reader_take(&imports, reader_u32(&imports));
        uint8_t kind = reader_byte(&imports);
        (void)reader_u32(&imports);
        if (imports.failed) break;
        if (kind != FUNCTION_KIND || !reader_is(&module, "hal") || !is_in_abi(&name)) {
            *refusal = (struct refusal){.reason = REFUSAL_IMPORT, .name = name.next, .nameLength = reader_left(&name)};
            return false;
        }
    }
    return !imports.failed || broken(refusal, "its imports are malformed");
}

static bool check_memory(struct reader memory, struct refusal *refusal)
{
    uint32_t count = reader_u32(&memory);
    uint8_t flags = reader_byte(&memory);
    uint32_t pages = reader_u32(&memory);
    uint32_t maximum = reader_u32(&memory);
    if (memory.failed || count != 1 || flags != 1 || pages != 1 || maximum != 1)
        return broken(refusal, "its memory is not one page that cannot grow");
    return true;
}

static bool check_globals(struct reader globals, struct refusal *refusal)
{
    for (uint32_t count = reader_u32(&globals); count > 0 && !globals.failed; count--) {
        (void)reader_byte(&globals);
        if (reader_byte(&globals) != 0) return broken(refusal, "it has a mutable global, which no image would hold");
        uint8_t opcode = reader_byte(&globals);
        if (opcode == OP_I32_CONST) {
            (void)reader_i32(&globals);
        } else if (opcode == OP_I64_CONST) {
            /* Up to ten bytes of LEB128; only their length matters here. */
            while ((reader_byte(&globals) & 0x80) != 0) {
            }
        } else if (opcode == 0x43) {
            (void)reader_take(&globals, sizeof(float));
        } else if (opcode == 0x44) {
            (void)reader_take(&globals, sizeof(double));
        } else {
            return broken(refusal, "a global's initialiser is not a constant");
        }
        if (reader_byte(&globals) != OP_END) return broken(refusal, "a global's initialiser is not a constant");
    }
    return !globals.failed || broken(refusal, "its globals are malformed");
}

/* More functions than the section has bytes would make wasm3 ask for memory before it finds that they are not there. */
static bool check_functions(struct reader functions, struct refusal *refusal)
{
    uint32_t count = reader_u32(&functions);
    return (!functions.failed && count <= reader_left(&functions)) || broken(refusal, "its functions are malformed");
}

/*
 * wasm3 adds an element's place and the count of elements in the size of a pointer: a sum that wraps would pass its
 * check and be written far from the table. More elements than the section has bytes for are not there.
 */
static bool check_elements(struct reader elements, struct refusal *refusal)
{
    for (uint32_t count = reader_u32(&elements); count > 0 && !elements.failed; count--) {
        uint32_t flags = reader_u32(&elements);
        uint8_t opcode = reader_byte(&elements);
        (void)reader_i32(&elements);
        if (flags != 0 || opcode != OP_I32_CONST || reader_byte(&elements) != OP_END)
            return broken(refusal, "its table is not filled at constant places");
        for (uint32_t functions = reader_u32(&elements); functions > 0 && !elements.failed; functions--)
            (void)reader_u32(&elements);
    }
    return !elements.failed || broken(refusal, "its table's elements are malformed");
}

/* wasm3 adds a body's length to a pointer, which wraps in 32 bits. */
static bool check_code(struct reader code, struct refusal *refusal)
{
    for (uint32_t count = reader_u32(&code); count > 0 && !code.failed; count--)
        (void)reader_take(&code, reader_u32(&code));
    return !code.failed || broken(refusal, "its code is malformed");
}

/* In names of functions wasm3 adds lengths to a pointer too; where that wraps it reads the same part for ever. */
static bool check_custom(struct reader custom, struct refusal *refusal)
{
    struct reader name = reader_take(&custom, reader_u32(&custom));
    if (!custom.failed && !reader_is(&name, "name")) return true;
    while (!custom.failed && reader_left(&custom) > 0) {
        (void)reader_byte(&custom);
        (void)reader_take(&custom, reader_u32(&custom));
    }
    return !custom.failed || broken(refusal, "a custom section is malformed");
}

/** Reads one data segment's address and bytes; false if it is not an active one at a constant address. */
static bool next_segment(struct reader *data, uint32_t *address, struct reader *bytes)
{
    uint32_t flags = reader_u32(data);
    uint8_t opcode = reader_byte(data);
    *address = (uint32_t)reader_i32(data);
    uint8_t end = reader_byte(data);
    *bytes = reader_take(data, reader_u32(data));
    return !data->failed && flags == 0 && opcode == OP_I32_CONST && end == OP_END;
}

static bool check_data(struct reader data, uint32_t imageSize, struct refusal *refusal)
{
    for (uint32_t count = reader_u32(&data); count > 0; count--) {
        uint32_t address;
        struct reader bytes;
        if (!next_segment(&data, &address, &bytes)) return broken(refusal, "its data is not at constant addresses");
        if (address > imageSize || reader_left(&bytes) > imageSize - address) {
            *refusal = (struct refusal){.reason = REFUSAL_DATA, .number = address};
            return false;
        }
    }
    return !data.failed || broken(refusal, "its data is malformed");
}

bool image_check(const uint8_t *module, uint32_t length, uint32_t imageSize, struct refusal *refusal)
{
    struct reader sections = reader_of(module + WASM_HEADER_BYTES, length - WASM_HEADER_BYTES);
    struct reader body;
    uint8_t id;
    bool memory = false;
    while (reader_section(&sections, &id, &body)) {
        bool good = true;
        if (id == WASM_CUSTOM) good = check_custom(body, refusal);
        if (id == WASM_TYPE) good = check_types(body, refusal);
        if (id == WASM_IMPORT) good = check_imports(body, refusal);
        if (id == WASM_FUNCTION) good = check_functions(body, refusal);
        if (id == WASM_MEMORY) good = memory = check_memory(body, refusal);
        if (id == WASM_GLOBAL) good = check_globals(body, refusal);
        if (id == WASM_START) good = broken(refusal, "it has a start function, which would run outside setup()");
        if (id == WASM_ELEMENT) good = check_elements(body, refusal);
        if (id == WASM_CODE) good = check_code(body, refusal);
        if (id == WASM_DATA) good = check_data(body, imageSize, refusal);
        if (!good) return false;
    }
    if (sections.failed) {
        *refusal = (struct refusal){.reason = REFUSAL_NOT_WASM, .text = "it ends in the middle of a section"};
        return false;
    }
    return memory || broken(refusal, "it has no memory");
}

void image_reset(const uint8_t *module, uint32_t length, uint8_t *image, uint32_t imageSize)
{
    memset(image, 0, imageSize);
    struct reader sections = reader_of(module + WASM_HEADER_BYTES, length - WASM_HEADER_BYTES);
    struct reader body;
    uint8_t id;
    while (reader_section(&sections, &id, &body)) {
        if (id != WASM_DATA) continue;
        for (uint32_t count = reader_u32(&body); count > 0; count--) {
            uint32_t address;
            struct reader bytes;
            if (!next_segment(&body, &address, &bytes)) return;
            memcpy(image + address, bytes.next, reader_left(&bytes));
        }
    }
}
