/**
 * The host ABI as C sees it, version 1. docs/abi.md is the contract; tests/boards/abi.test.ts holds these tables
 * against it (`wasmote-posix --abi` prints them).
 */
#ifndef WASMOTE_ABI_H
#define WASMOTE_ABI_H

#include <stdint.h>

/** The one ABI version that these boards speak. */
#define HAL_ABI_VERSION 1

/** What `step` returns when the node has ended and wants no further step. */
#define HAL_STEP_ENDED UINT32_MAX

/** X(name, parameters, result, wasm3's signature) for every import of module `hal`. */
#define HAL_IMPORTS(X)                                             \
    X(net_open, "endpoint", "handle", "i(i)")                      \
    X(net_state, "handle", "state", "i(i)")                        \
    X(net_send, "handle ptr len", "taken", "i(iii)")               \
    X(net_recv, "handle ptr cap", "length", "i(iii)")              \
    X(net_close, "handle", "zero", "i(i)")                         \
    X(sensor_read, "channel outPtr", "zero", "i(ii)")              \
    X(actuator_write, "channel value", "zero", "i(ii)")            \
    X(clock_unix_ms, "outPtr", "zero", "i(i)")                     \
    X(random, "", "bits", "i()")                                   \
    X(config_get, "keyPtr keyLen outPtr cap", "length", "i(iiii)") \
    X(checkpoint, "", "zero", "i()")                               \
    X(deep_sleep, "ms", "zero", "i(i)")                            \
    X(log, "level ptr len", "zero", "i(iii)")

/** X(name, parameters, result, wasm3's signature) for every function that a module exports. */
#define HAL_EXPORTS(X)                      \
    X(setup, "", "", "v()")                 \
    X(step, "nowMs", "waitMs", "i(i)")      \
    X(resume, "nowMs sleptMs", "", "v(ii)") \
    X(stop, "", "", "v()")

/** X(name, value) for every error; docs/abi.md says whose fault each is. */
#define HAL_ERRORS(X)    \
    X(EAGAIN, -1)        \
    X(EINVAL, -2)        \
    X(EBADF, -3)         \
    X(ENOENT, -4)        \
    X(EIO, -5)           \
    X(EMFILE, -6)        \
    X(EOVERFLOW, -7)     \
    X(ENOTSUP, -8)       \
    X(ECONNREFUSED, -9)  \
    X(ECONNRESET, -10)   \
    X(EPIPE, -11)        \
    X(ETIMEDOUT, -12)    \
    X(EHOSTUNREACH, -13) \
    X(ENOTFOUND, -14)    \
    X(EPROTO, -15)       \
    X(ENETDOWN, -16)

/** HAL_EAGAIN and so on: prefixed because errno.h defines the bare names as macros. */
enum hal_error {
#define HAL_ERROR(name, value) HAL_##name = (value),
    HAL_ERRORS(HAL_ERROR)
#undef HAL_ERROR
};

/** Levels of `log`. */
enum hal_level { HAL_LOG_DEBUG = 0, HAL_LOG_INFO = 1, HAL_LOG_WARNING = 2, HAL_LOG_ERROR = 3 };

#endif
