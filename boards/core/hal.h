/** The imports of module `hal`: takes arguments off wasm3's stack, checks every pointer, calls the board. */
#ifndef WASMOTE_HAL_H
#define WASMOTE_HAL_H

#include <stdbool.h>
#include <stdint.h>

struct M3Module;

/** Links a loaded module's imports. @return NULL, or wasm3's name for why it can't be linked. */
const char *hal_link(struct M3Module *module);

/** Takes the node's last request to sleep, in milliseconds; 0 if there was none since the last call. */
uint32_t hal_take_sleep(void);

/** Whether the node has asked for a checkpoint since the last call. */
bool hal_take_checkpoint(void);

#endif
