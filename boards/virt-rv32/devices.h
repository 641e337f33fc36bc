/** A sensor, which the bridge reads, and an actuator, which the log shows. */
#ifndef WASMOTE_DEVICES_H
#define WASMOTE_DEVICES_H

#include <stdint.h>

/** A payload of SENSED has arrived: any bytes. */
void devices_take_sensed(const uint8_t *payload, uint32_t length);

/** Frames were lost: an answer may not come. */
void devices_lost(void);

#endif
