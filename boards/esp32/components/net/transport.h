/**
 * One connection to a broker by ESP-IDF's tcp_transport: TCP, TLS, WebSocket over either. These calls block, so only a
 * link's own task makes them.
 */
#ifndef WASMOTE_ESP32_TRANSPORT_H
#define WASMOTE_ESP32_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoints.h"

#define TRANSPORT_WHY_BYTES 160

struct transport {
    struct esp_transport_item_t *base;
    /** What bytes go through: `base`, or the WebSocket over it. */
    struct esp_transport_item_t *top;
    bool tls;
    bool webSocket;
    /** Why it failed, for the log. */
    char why[TRANSPORT_WHY_BYTES];
};

/**
 * Resolves, connects and shakes hands, each for at most `timeoutMs` milliseconds. What it opened, transport_close()
 * must release, whether it succeeded or not.
 *
 * @return 0, or an enum hal_error, and `why` is set.
 */
int32_t transport_open(struct transport *transport, const struct endpoint *endpoint,
                       const struct credentials *credentials, int timeoutMs);

/** Sends all of the bytes. @return 0, or an enum hal_error. */
int32_t transport_send(struct transport *transport, const uint8_t *bytes, uint32_t length, int timeoutMs);

/** Whether transport_recv() would not wait. */
bool transport_readable(struct transport *transport);

/** @return how many bytes came, 0: none that are the node's; or an enum hal_error: HAL_EPIPE if the peer has ended. */
int32_t transport_recv(struct transport *transport, uint8_t *bytes, uint32_t capacity, int timeoutMs);

/** To wait for with select(). */
int transport_socket(const struct transport *transport);

/** Says good-bye in the words of each layer. Nothing is sent after it. */
void transport_end(struct transport *transport, int timeoutMs);

void transport_close(struct transport *transport);

#endif
