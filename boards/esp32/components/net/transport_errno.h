/** What errno says of a connection, as lwIP sets it on a chip and Linux on a PC: the errors of the ABI, and words for
 * the log. */
#ifndef WASMOTE_ESP32_TRANSPORT_ERRNO_H
#define WASMOTE_ESP32_TRANSPORT_ERRNO_H

#include <stdint.h>

struct transport_error {
    /** An enum hal_error. */
    int32_t error;
    const char *text;
};

/** Why an open connection broke. @return an enum hal_error: HAL_ECONNRESET for what is not known. */
int32_t transport_errno(int system);

/** Why a connection did not open. @return NULL for what is not known. */
const struct transport_error *transport_connect_errno(int system);

#endif
