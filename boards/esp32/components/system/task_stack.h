/** How large a task's stack must be. */
#ifndef WASMOTE_ESP32_TASK_STACK_H
#define WASMOTE_ESP32_TASK_STACK_H

#include "sdkconfig.h"

/** On the linux target the C library's own calls take far more than a chip's, and signals take their part. */
#if CONFIG_IDF_TARGET_LINUX
#define TASK_STACK_BYTES(bytes) ((bytes)*16)
#else
#define TASK_STACK_BYTES(bytes) (bytes)
#endif

#endif
