/** Why a connection failed: the error of the ABI, and words for the log. */
#ifndef WASMOTE_ESP32_TRANSPORT_REASON_H
#define WASMOTE_ESP32_TRANSPORT_REASON_H

#include <stddef.h>
#include <stdint.h>

struct esp_transport_item_t;

/**
 * Why a connection could not be made, as tcp_transport knows it, or else by `system`, which is errno as the attempt
 * left it. `why` is text of ours only, nothing that a peer sent.
 *
 * @return an enum hal_error.
 */
int32_t transport_reason(struct esp_transport_item_t *base, int system, char *why, size_t capacity);

#endif
