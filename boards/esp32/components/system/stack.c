/**
 * The native stack's limit. wasm3 checks the module's own stack, and asks m3_Yield() before each call inside the
 * module: here a module that nests too deep is ended by a trap before the task's stack is.
 */
#include <stdint.h>

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "sdkconfig.h"

#include "wasm3.h"

/* Bytes for what a function may use before its next call: wasm3's operations, an import, the driver below it. Without
 * tail calls each operation has a frame of 48 to 64 bytes, and from one call to the next the examples nest up to 148 of
 * them. */
#if CONFIG_IDF_TARGET_ARCH_XTENSA
#define STACK_RESERVE_BYTES 12288
#else
#define STACK_RESERVE_BYTES 2560
#endif

/* Overrides wasm3's weak one. */
M3Result m3_Yield(void)
{
    const uint8_t *here = __builtin_frame_address(0);
    const uint8_t *end = pxTaskGetStackStart(NULL);
    return (uintptr_t)here - (uintptr_t)end > STACK_RESERVE_BYTES ? m3Err_none : m3Err_trapStackOverflow;
}
