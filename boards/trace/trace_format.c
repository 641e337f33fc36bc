#include "trace_format.h"

#include <string.h>

#include "node.h"

#define NONE TRACE_NO_POINTER

const struct trace_shape traceShapes[TRACE_IMPORTS] = {
    [TRACE_net_open] = {1, {0}, NONE, 0},
    [TRACE_net_state] = {1, {0}, NONE, 0},
    [TRACE_net_send] = {2, {0, 2}, NONE, 0},
    [TRACE_net_recv] = {2, {0, 2}, 1, 0},
    [TRACE_net_close] = {1, {0}, NONE, 0},
    [TRACE_sensor_read] = {1, {0}, 1, sizeof(int32_t)},
    [TRACE_actuator_write] = {2, {0, 1}, NONE, 0},
    [TRACE_clock_unix_ms] = {0, {0}, 0, sizeof(int64_t)},
    [TRACE_random] = {0, {0}, NONE, 0},
    [TRACE_config_get] = {2, {1, 3}, 2, 0},
    [TRACE_checkpoint] = {0, {0}, NONE, 0},
    [TRACE_deep_sleep] = {1, {0}, NONE, 0},
    [TRACE_log] = {2, {0, 2}, NONE, 0},
};

uint32_t trace_handed(uint32_t number, int32_t result)
{
    const struct trace_shape *shape = &traceShapes[number];
    if (shape->pointer == TRACE_NO_POINTER) return 0;
    if (shape->handed == 0) return result > 0 ? (uint32_t)result : 0;
    return result == 0 ? shape->handed : 0;
}

enum trace_trap trace_trap_of(const char *trap)
{
    static const struct {
        const char *words;
        enum trace_trap reason;
    } traps[] = {
        {"unreachable", TRACE_TRAP_UNREACHABLE},       {"out of bounds memory", TRACE_TRAP_OUT_OF_BOUNDS},
        {"divide by zero", TRACE_TRAP_DIVIDE_BY_ZERO}, {"integer overflow", TRACE_TRAP_OVERFLOW},
        {"conversion", TRACE_TRAP_OVERFLOW},           {"indirect call", TRACE_TRAP_INDIRECT_CALL},
        {"table element", TRACE_TRAP_INDIRECT_CALL},   {"undefined element", TRACE_TRAP_INDIRECT_CALL},
        {"table index", TRACE_TRAP_INDIRECT_CALL},     {"stack overflow", TRACE_TRAP_STACK_OVERFLOW},
    };
    if (trap == nodeTrapMemoryResized) return TRACE_TRAP_RESIZED;
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++)
        if (strstr(trap, traps[i].words) != NULL) return traps[i].reason;
    return TRACE_TRAP_OTHER;
}
