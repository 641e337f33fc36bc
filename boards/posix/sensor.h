/** The simulated and real sensors of --sensor. Readings are millidegrees Celsius, on channel 0. */
#ifndef WASMOTE_POSIX_SENSOR_H
#define WASMOTE_POSIX_SENSOR_H

#include <stddef.h>
#include <stdint.h>

/**
 * Takes a sensor's description; files are read now, except `file:`, which is read at each reading.
 *
 * @return NULL, or what is wrong with it, in `problem`.
 */
const char *sensor_init(const char *description, char *problem, size_t capacity);

/** @return 0 and `*millidegrees` is set, or HAL_EIO. */
int32_t sensor_read(int32_t *millidegrees);

#endif
