/*
 * The ABI's glue, and wasm3's own accesses to memory, with hostile arguments: each record of the input is one call that
 * a module makes. What must come of it is computed here once more, from docs/abi.md.
 */

#include "abi.h"
#include "engine.h"
#include "fuzz.h"
#include "hal.h"
#include "input.h"
#include "little.h"

/* As imports.wat numbers them: the imports in the ABI's order, then what a module does by itself. */
enum call {
#define IMPORT(name, parameters, result, signature) CALL_##name,
    HAL_IMPORTS(IMPORT)
#undef IMPORT
        CALL_GROW,
    CALL_COPY,
    CALL_FILL,
    CALL_LOAD8,
    CALL_STORE8,
    CALL_LOAD64,
    CALL_STORE64,
    CALL_DEEP,
    CALL_INDIRECT,
    CALLS,
};

/* The offsets that imports.wat adds to an address. */
#define LOAD64_OFFSET 8
#define STORE64_OFFSET UINT32_C(4294967288)

#define ARGUMENTS 4

/* Bytes of the image that a call touches; far more than it has if the address is beyond. */
struct span {
    uint64_t address;
    uint64_t length;
};

/* An argument near the numbers that matter, or any: two bytes, or five. */
static uint32_t argument(struct input *input)
{
    static const uint32_t near[] = {0, FUZZ_IMAGE_BYTES, 0x80000000, 0x10000, FUZZ_IMAGE_BYTES / 2, 0xffffff00, 32};
    uint8_t which = input_u8(input);
    if (which % 8 == 7) return input_u32(input);
    return near[which % 8] + (uint32_t)(int8_t)input_u8(input);
}

static bool inside(struct span span)
{
    return span.address <= FUZZ_IMAGE_BYTES && span.length <= FUZZ_IMAGE_BYTES - span.address;
}

/* Whether everything that a call touches lies in the image. */
static bool is_inside(enum call call, const uint32_t arguments[ARGUMENTS])
{
    uint32_t a = arguments[0], b = arguments[1], c = arguments[2], d = arguments[3];
    switch (call) {
    case CALL_net_send:
    case CALL_net_recv:
    case CALL_log:
        return inside((struct span){b, c});
    case CALL_sensor_read:
        return inside((struct span){b, sizeof(int32_t)});
    case CALL_clock_unix_ms:
        return inside((struct span){a, sizeof(int64_t)});
    case CALL_config_get:
        return inside((struct span){a, b}) && inside((struct span){c, d});
    case CALL_COPY:
        return inside((struct span){a, c}) && inside((struct span){b, c});
    case CALL_FILL:
        return inside((struct span){a, c});
    case CALL_LOAD8:
    case CALL_STORE8:
        return inside((struct span){a, 1});
    case CALL_LOAD64:
        return inside((struct span){(uint64_t)a + LOAD64_OFFSET, sizeof(int64_t)});
    case CALL_STORE64:
        return inside((struct span){a + (uint64_t)STORE64_OFFSET, sizeof(int64_t)});
    default:
        return true;
    }
}

/* What else than an access can end a call. */
static bool traps_by_itself(enum call call, const uint32_t arguments[ARGUMENTS])
{
    if (call == CALL_DEEP) return true;
    /* The table has two functions; the second is of another type. */
    if (call == CALL_INDIRECT) return arguments[0] != 0;
    return false;
}

static void check_result(enum call call, const uint32_t arguments[ARGUMENTS], int32_t result)
{
    uint32_t needed = 32 + FUZZ_IMAGE_BYTES;
    bool level = arguments[0] <= HAL_LOG_ERROR;
    if (call == CALL_checkpoint) {
        CLAIM(result == (fuzz.slots >= 2 && fuzz.slotBytes >= needed ? 0 : HAL_ENOTSUP));
        CLAIM(hal_take_checkpoint() == (result == 0));
    } else if (call == CALL_log && !level) {
        CLAIM(result == HAL_EINVAL && fuzz.calls == 0);
    } else if (call < CALL_GROW) {
        CLAIM(fuzz.calls == 1 && result == fuzz.answered);
        CLAIM(!hal_take_checkpoint());
    }
    uint32_t ms = hal_take_sleep();
    if (call == CALL_deep_sleep && result >= 0) {
        CLAIM(ms == (arguments[0] > 0 ? arguments[0] : 1));
    } else {
        CLAIM(ms == 0);
    }
}

static void make_call(struct node *node, struct input *input)
{
    enum call call = input_u8(input) % CALLS;
    uint32_t arguments[ARGUMENTS];
    for (uint32_t i = 0; i < ARGUMENTS; i++)
        arguments[i] = argument(input);
    fuzz.answer = (int32_t)argument(input);
    fuzz.filling = input_u8(input);
    fuzz.unixMs = fuzz.filling % 2;
    fuzz.slots = fuzz.filling % (FUZZ_MAX_SLOTS + 1);
    fuzz.slotBytes = fuzz.filling % 3 != 0 ? FUZZ_MAX_SLOT_BYTES : FUZZ_IMAGE_BYTES;
    fuzz.calls = 0;

    uint8_t *image = node_image(node);
    little_put_u32(image + FUZZ_AT_CALL, call);
    for (uint32_t i = 0; i < ARGUMENTS; i++)
        little_put_u32(image + FUZZ_AT_ARGUMENTS + (size_t)i * 4, arguments[i]);
    uint32_t nowMs = input_u32(input);
    uint32_t waitMs = ~nowMs;
    engine_trap trap = node_step(node, nowMs, &waitMs);
    if (call != CALL_GROW) {
        CLAIM((trap == NULL) == (is_inside(call, arguments) && !traps_by_itself(call, arguments)));
        if (call < CALL_GROW && trap != NULL) CLAIM(trap == engineTrapOutOfBounds && fuzz.calls == 0);
    }
    uint32_t bytes;
    (void)engine_memory(&node->engine, &bytes);
    if (trap == NULL) CLAIM(bytes == FUZZ_IMAGE_BYTES);
    if (trap != NULL) {
        CLAIM(node_reset(node));
        CLAIM(memcmp(node_image(node) + FUZZ_IMAGE_BYTES - 8, "the end.", 8) == 0);
        for (uint32_t i = 0; i < FUZZ_IMAGE_BYTES - 8; i++)
            CLAIM(node_image(node)[i] == 0);
        return;
    }
    CLAIM(waitMs == nowMs);
    check_result(call, arguments, (int32_t)little_u32(node_image(node) + FUZZ_AT_RESULT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    struct node *node = fuzz_node();
    while (input.left > 0)
        make_call(node, &input);
    return 0;
}
