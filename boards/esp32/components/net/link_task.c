#include "link.h"

#include <stddef.h>
#include <sys/select.h>
#include <unistd.h>

#include "esp_log.h"
#include "freertos/task.h"

#include "abi.h"
#include "monotonic.h"
#include "network.h"
#include "task_stack.h"
#include "transport.h"

/* Milliseconds for the network to come up, and then for each of DNS, TCP, TLS and WebSocket. */
#define NETWORK_MS 10000
#define CONNECT_MS 10000

/* For the peer to take what is sent, and to end a record or a frame that it has begun. */
#define IO_MS 10000

/* For the last bytes to leave, and for the peer to close its side. */
#define FINISH_MS 2000

/* Between two looks at what no event tells of. */
#define LOOK_MS 1000

#define CHUNK_BYTES 512

/* Bytes. A TLS handshake nests deep. */
#define STACK_BYTES TASK_STACK_BYTES(4096)
#define STACK_TLS_BYTES TASK_STACK_BYTES(7168)

static const char *const tag = "net";

void link_wake(struct link *link)
{
    const uint64_t one = 1;
    ssize_t ignored = write(link->wake, &one, sizeof one);
    (void)ignored;
}

/* Waits for the socket, if `forSocket`, or for link_wake(). */
static void wait(struct link *link, int socket, bool forSocket, uint32_t ms)
{
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(link->wake, &readable);
    int highest = link->wake;
    if (forSocket) {
        FD_SET(socket, &readable);
        if (socket > highest) highest = socket;
    }
    struct timeval timeout = {.tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000};
    if (select(highest + 1, &readable, NULL, NULL, &timeout) <= 0 || !FD_ISSET(link->wake, &readable)) return;
    uint64_t count;
    ssize_t ignored = read(link->wake, &count, sizeof count);
    (void)ignored;
}

static int32_t wait_for_network(struct link *link)
{
    uint64_t untilMs = monotonic_ms() + NETWORK_MS;
    while (!network_is_up()) {
        uint64_t nowMs = monotonic_ms();
        if (atomic_load(&link->order) != LINK_RUN || nowMs >= untilMs) return HAL_ENETDOWN;
        wait(link, -1, false, (uint32_t)(untilMs - nowMs));
    }
    return 0;
}

/* Sends what the node has given. @return how many bytes, or an enum hal_error. */
static int32_t pump_out(struct link *link, struct transport *transport, uint8_t chunk[CHUNK_BYTES])
{
    uint32_t length = (uint32_t)xStreamBufferReceive(link->bytesOut, chunk, CHUNK_BYTES, 0);
    if (length == 0) return 0;
    int32_t error = transport_send(transport, chunk, length, IO_MS);
    if (error < 0) return error;
    if (atomic_exchange(&link->full, false)) net_tell();
    return (int32_t)length;
}

/* Takes what has arrived, as far as there is room. @return as pump_out(). */
static int32_t pump_in(struct link *link, struct transport *transport, uint8_t chunk[CHUNK_BYTES])
{
    uint32_t room = (uint32_t)xStreamBufferSpacesAvailable(link->bytesIn);
    if (room == 0 || !transport_readable(transport)) return 0;
    int32_t length = transport_recv(transport, chunk, room < CHUNK_BYTES ? room : CHUNK_BYTES, IO_MS);
    if (length <= 0) return length;
    (void)xStreamBufferSend(link->bytesIn, chunk, (size_t)length, 0);
    net_tell();
    return length;
}

/* close() with unread bytes sends a reset, which can destroy bytes on their way to the peer: a DISCONNECT would never
 * arrive. So the peer is given the time to close too. */
static void finish(struct link *link, struct transport *transport, uint8_t chunk[CHUNK_BYTES])
{
    uint64_t untilMs = monotonic_ms() + FINISH_MS;
    int32_t sent;
    do {
        sent = pump_out(link, transport, chunk);
    } while (sent > 0);
    if (sent < 0) return;
    transport_end(transport, FINISH_MS);
    for (uint64_t nowMs = monotonic_ms(); nowMs < untilMs && network_is_up(); nowMs = monotonic_ms()) {
        if (atomic_load(&link->order) == LINK_DROP) return;
        if (!transport_readable(transport)) {
            wait(link, transport_socket(transport), true, (uint32_t)(untilMs - nowMs));
        } else if (transport_recv(transport, chunk, CHUNK_BYTES, (int)(untilMs - nowMs)) < 0) {
            return;
        }
    }
}

/* Carries bytes until the link ends. @return why. */
static int32_t carry(struct link *link, struct transport *transport)
{
    uint8_t chunk[CHUNK_BYTES];
    for (;;) {
        enum link_order order = atomic_load(&link->order);
        if (order == LINK_DROP) return HAL_ECONNRESET;
        if (!network_is_up()) return HAL_ENETDOWN;
        if (order == LINK_FINISH) {
            finish(link, transport, chunk);
            return HAL_EPIPE;
        }
        int32_t sent = pump_out(link, transport, chunk);
        if (sent < 0) return sent;
        int32_t received = pump_in(link, transport, chunk);
        if (received < 0) return received;
        if (sent == 0 && received == 0)
            wait(link, transport_socket(transport), xStreamBufferSpacesAvailable(link->bytesIn) > 0, LOOK_MS);
    }
}

static int32_t live(struct link *link, struct transport *transport)
{
    const char *label = link->endpoint->label;
    int32_t error = wait_for_network(link);
    if (error < 0) {
        ESP_LOGW(tag, "no connection to %s: the network is down", label);
        return error;
    }
    error = transport_open(transport, link->endpoint, endpoints_credentials(), CONNECT_MS);
    if (error < 0) {
        ESP_LOGW(tag, "no connection to %s: %s", label, transport->why);
        return error;
    }
    ESP_LOGI(tag, "connected to %s", label);
    atomic_store(&link->state, LINK_OPEN);
    net_tell();
    return carry(link, transport);
}

static void run(void *argument)
{
    struct link *link = argument;
    struct transport transport = {0};
    int32_t error = live(link, &transport);
    transport_close(&transport);
    atomic_store(&link->error, error);
    atomic_store(&link->state, LINK_CLOSED);
    atomic_store(&link->running, false);
    net_tell();
    vTaskDelete(NULL);
}

bool link_start(struct link *link)
{
    atomic_store(&link->running, true);
    uint32_t stack = link->endpoint->tls ? STACK_TLS_BYTES : STACK_BYTES;
    /* The node's own priority: neither waits for the other. */
    if (xTaskCreate(run, "link", stack, link, uxTaskPriorityGet(NULL), NULL) == pdPASS) return true;
    atomic_store(&link->running, false);
    ESP_LOGE(tag, "no memory is left for a link");
    return false;
}
