/**
 * The partition `checkpoint`: slots for images. A slot has as many sectors as an image needs, and there are as many
 * slots as fit, so that each sector is erased as seldom as possible.
 */
#ifndef WASMOTE_ESP32_CHECKPOINTS_H
#define WASMOTE_ESP32_CHECKPOINTS_H

#include <stdint.h>

/** Divides the partition for images of this size. Call it before the runner is made. */
void checkpoints_init(uint32_t imageSize);

/** Erases all of them. @return 0, or HAL_EIO. */
int32_t checkpoints_erase(void);

#endif
