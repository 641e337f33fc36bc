#include "hal.h"

#include <string.h>

#include "wasm3.h"

#include "abi.h"
#include "board.h"
#include "checkpoint.h"
#include "engine.h"
#include "observe.h"

/* Milliseconds; a module that asks for 0 gets 1, so that 0 can mean none. */
static uint32_t sleepRequestMs;

static bool checkpointRequested;

/*
 * wasm3 calls an import with a stack of 8-byte values: the result's place first, then the parameters. The interpreter
 * reads and writes the low 4 bytes of each through its own slot type, hence memcpy().
 */
static inline uint32_t parameter(const uint64_t *stack, uint32_t number)
{
    uint32_t value;
    memcpy(&value, stack + number, sizeof value);
    return value;
}

static inline const void *returns(uint64_t *stack, int32_t result)
{
    memcpy(stack, &result, sizeof result);
    return m3Err_none;
}

/* Whether `length` bytes at `address` lie in the module's memory, which ends where its image ends. */
static inline bool in_memory(IM3Runtime runtime, uint32_t address, uint32_t length)
{
    return (uint64_t)address + length <= m3_GetMemorySize(runtime);
}

/* Every import has this shape. */
#define IMPORT(name) \
    static const void *import_##name(IM3Runtime runtime, IM3ImportContext context, uint64_t *stack, void *memory)
#define UNUSED_RUNTIME (void)runtime, (void)context, (void)memory
#define TRAP_UNLESS_IN_MEMORY(address, length) \
    (void)context;                             \
    if (!in_memory(runtime, address, length)) return engineTrapOutOfBounds

IMPORT(net_open)
{
    UNUSED_RUNTIME;
    return returns(stack, board_net_open(parameter(stack, 1)));
}

IMPORT(net_state)
{
    UNUSED_RUNTIME;
    return returns(stack, board_net_state((int32_t)parameter(stack, 1)));
}

IMPORT(net_send)
{
    uint32_t address = parameter(stack, 2);
    uint32_t length = parameter(stack, 3);
    TRAP_UNLESS_IN_MEMORY(address, length);
    return returns(stack, board_net_send((int32_t)parameter(stack, 1), (const uint8_t *)memory + address, length));
}

IMPORT(net_recv)
{
    uint32_t address = parameter(stack, 2);
    uint32_t capacity = parameter(stack, 3);
    TRAP_UNLESS_IN_MEMORY(address, capacity);
    return returns(stack, board_net_recv((int32_t)parameter(stack, 1), (uint8_t *)memory + address, capacity));
}

IMPORT(net_close)
{
    UNUSED_RUNTIME;
    return returns(stack, board_net_close((int32_t)parameter(stack, 1)));
}

IMPORT(sensor_read)
{
    uint32_t address = parameter(stack, 2);
    int32_t value = 0;
    TRAP_UNLESS_IN_MEMORY(address, sizeof value);
    int32_t result = board_sensor_read(parameter(stack, 1), &value);
    if (result >= 0) memcpy((uint8_t *)memory + address, &value, sizeof value);
    return returns(stack, result);
}

IMPORT(actuator_write)
{
    UNUSED_RUNTIME;
    return returns(stack, board_actuator_write(parameter(stack, 1), (int32_t)parameter(stack, 2)));
}

IMPORT(clock_unix_ms)
{
    uint32_t address = parameter(stack, 1);
    int64_t unixMs = 0;
    TRAP_UNLESS_IN_MEMORY(address, sizeof unixMs);
    int32_t result = board_clock_unix_ms(&unixMs);
    if (result >= 0) memcpy((uint8_t *)memory + address, &unixMs, sizeof unixMs);
    return returns(stack, result);
}

IMPORT(random)
{
    UNUSED_RUNTIME;
    return returns(stack, board_random());
}

IMPORT(config_get)
{
    uint32_t key = parameter(stack, 1);
    uint32_t keyLength = parameter(stack, 2);
    uint32_t value = parameter(stack, 3);
    uint32_t capacity = parameter(stack, 4);
    TRAP_UNLESS_IN_MEMORY(key, keyLength);
    TRAP_UNLESS_IN_MEMORY(value, capacity);
    const uint8_t *from = (const uint8_t *)memory + key;
    return returns(stack, board_config_get(from, keyLength, (uint8_t *)memory + value, capacity));
}

IMPORT(checkpoint)
{
    (void)context, (void)memory;
    /* The module's memory is its image. */
    uint32_t needed = CHECKPOINT_HEAD_BYTES + m3_GetMemorySize(runtime);
    if (board_slots() < 2 || board_slot_bytes() < needed) return returns(stack, HAL_ENOTSUP);
    checkpointRequested = true;
    return returns(stack, 0);
}

IMPORT(deep_sleep)
{
    UNUSED_RUNTIME;
    uint32_t ms = parameter(stack, 1);
    int32_t result = board_deep_sleep(ms);
    if (result >= 0) sleepRequestMs = ms > 0 ? ms : 1;
    return returns(stack, result);
}

IMPORT(log)
{
    uint32_t level = parameter(stack, 1);
    uint32_t address = parameter(stack, 2);
    uint32_t length = parameter(stack, 3);
    TRAP_UNLESS_IN_MEMORY(address, length);
    if (level > HAL_LOG_ERROR) return returns(stack, HAL_EINVAL);
    return returns(stack, board_log(level, (const uint8_t *)memory + address, length));
}

struct import {
    const char *name;
    const char *signature;
    M3RawCall call;
};

static const struct import imports[] = {
#define HAL_IMPORT(name, parameters, result, signature) {#name, signature, import_##name},
    HAL_IMPORTS(HAL_IMPORT)
#undef HAL_IMPORT
};

#if WASMOTE_OBSERVE
/* Bytes of a signature that are no parameter: "i()". */
#define SIGNATURE_BYTES 3

/* Every import of a board with an observer. */
static const void *observed(IM3Runtime runtime, IM3ImportContext context, uint64_t *stack, void *memory)
{
    const struct import *import = context->userdata;
    struct observe_import call = {
        .number = (uint32_t)(import - imports), .memory = memory, .memoryBytes = m3_GetMemorySize(runtime)};
    uint32_t count = (uint32_t)strlen(import->signature) - SIGNATURE_BYTES;
    for (uint32_t i = 0; i < count; i++)
        call.parameters[i] = parameter(stack, i + 1);
    if (!observe_import(&call)) return engineTrapOutOfBounds;
    const void *trap = import->call(runtime, context, stack, memory);
    int32_t result;
    memcpy(&result, stack, sizeof result);
    if (!observe_imported(&call, trap == m3Err_none ? &result : NULL) && trap == m3Err_none)
        return engineTrapOutOfBounds;
    return trap;
}
#endif

static M3Result link_import(IM3Module module, const struct import *import)
{
#if WASMOTE_OBSERVE
    return m3_LinkRawFunctionEx(module, "hal", import->name, import->signature, observed, import);
#else
    return m3_LinkRawFunction(module, "hal", import->name, import->signature, import->call);
#endif
}

const char *hal_link(struct M3Module *module)
{
    for (size_t i = 0; i < sizeof imports / sizeof imports[0]; i++) {
        M3Result result = link_import(module, &imports[i]);
        /* A module imports only what it uses. */
        if (result != m3Err_none && result != m3Err_functionLookupFailed) return result;
    }
    return m3Err_none;
}

uint32_t hal_take_sleep(void)
{
    uint32_t ms = sleepRequestMs;
    sleepRequestMs = 0;
    return ms;
}

bool hal_take_checkpoint(void)
{
    bool requested = checkpointRequested;
    checkpointRequested = false;
    return requested;
}
