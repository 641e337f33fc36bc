#include "net.h"

#include <stddef.h>

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#include "abi.h"
#include "board.h"
#include "link.h"
#include "monotonic.h"

#if CONFIG_IDF_TARGET_LINUX
#include <sys/eventfd.h>
#else
#include "esp_vfs_eventfd.h"
#endif

/* The node uses one at a time; two more may still deliver their last bytes. */
#define LINKS 3

static struct link links[LINKS];
static TaskHandle_t nodeTask;

/* They log what link_task.c says better, and the headers of a WebSocket's request: its path may hold a token. */
static void quieten_transports(void)
{
    static const char *const tags[] = {"transport_base", "transport_ws", "esp-tls", "esp-tls-mbedtls"};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        esp_log_level_set(tags[i], ESP_LOG_NONE);
}

bool net_init(const struct settings *settings)
{
    quieten_transports();
    nodeTask = xTaskGetCurrentTaskHandle();
    endpoints_init(settings);
#if !CONFIG_IDF_TARGET_LINUX
    esp_vfs_eventfd_config_t config = {.max_fds = LINKS};
    if (esp_vfs_eventfd_register(&config) != ESP_OK) return false;
#endif
    for (size_t i = 0; i < LINKS; i++) {
        links[i].wake = eventfd(0, 0);
        links[i].bytesOut = xStreamBufferCreate(LINK_BUFFER_BYTES, 1);
        links[i].bytesIn = xStreamBufferCreate(LINK_BUFFER_BYTES, 1);
        if (links[i].wake < 0 || links[i].bytesOut == NULL || links[i].bytesIn == NULL) return false;
    }
    return true;
}

void net_tell(void)
{
    if (nodeTask != NULL) (void)xTaskNotifyGive(nodeTask);
}

bool net_wait(uint32_t ms)
{
    return ulTaskNotifyTake(pdTRUE, pdMS_TO_TICKS(ms)) > 0;
}

void net_look(void)
{
    for (size_t i = 0; i < LINKS; i++)
        if (atomic_load(&links[i].running)) link_wake(&links[i]);
}

static bool any_running(void)
{
    for (size_t i = 0; i < LINKS; i++)
        if (atomic_load(&links[i].running)) return true;
    return false;
}

void net_finish(uint32_t ms)
{
    uint64_t untilMs = monotonic_ms() + ms;
    while (any_running() && monotonic_ms() < untilMs)
        vTaskDelay(pdMS_TO_TICKS(10));
}

enum net_broker net_broker(void)
{
    enum net_broker best = NET_BROKER_NONE;
    for (size_t i = 0; i < LINKS; i++) {
        if (!atomic_load(&links[i].running)) continue;
        enum link_state state = atomic_load(&links[i].state);
        if (state == LINK_OPEN) return NET_BROKER_OPEN;
        if (state == LINK_CONNECTING) best = NET_BROKER_CONNECTING;
    }
    return best;
}

/* board.h ---------------------------------------------------------------------------------------------------------- */

static struct link *find(int32_t handle)
{
    return handle >= 0 && handle < LINKS && links[handle].held ? &links[handle] : NULL;
}

int32_t board_net_open(uint32_t endpoint)
{
    const struct endpoint *found = endpoints_find(endpoint);
    if (found == NULL) return HAL_ENOENT;
    int32_t handle = 0;
    while (handle < LINKS && (links[handle].held || atomic_load(&links[handle].running)))
        handle++;
    if (handle == LINKS) return HAL_EMFILE;
    struct link *link = &links[handle];
    link->held = true;
    link->endpoint = found;
    (void)xStreamBufferReset(link->bytesOut);
    (void)xStreamBufferReset(link->bytesIn);
    atomic_store(&link->full, false);
    atomic_store(&link->order, LINK_RUN);
    atomic_store(&link->state, LINK_CONNECTING);
    if (!link_start(link)) {
        atomic_store(&link->error, HAL_EMFILE);
        atomic_store(&link->state, LINK_CLOSED);
        net_tell();
    }
    return handle;
}

int32_t board_net_state(int32_t handle)
{
    const struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    enum link_state state = atomic_load(&link->state);
    if (state == LINK_CONNECTING) return 0;
    if (state == LINK_OPEN || !xStreamBufferIsEmpty(link->bytesIn)) return 1;
    return atomic_load(&link->error);
}

int32_t board_net_send(int32_t handle, const uint8_t *bytes, uint32_t length)
{
    struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    enum link_state state = atomic_load(&link->state);
    if (state == LINK_CLOSED) return atomic_load(&link->error);
    if (state == LINK_CONNECTING || length == 0) return 0;
    uint32_t taken = (uint32_t)xStreamBufferSend(link->bytesOut, bytes, length, 0);
    if (taken < length) atomic_store(&link->full, true);
    link_wake(link);
    return (int32_t)taken;
}

int32_t board_net_recv(int32_t handle, uint8_t *bytes, uint32_t capacity)
{
    struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    /* Before the buffer: after it is closed, nothing is put there any more. */
    enum link_state state = atomic_load(&link->state);
    bool wasFull = xStreamBufferIsFull(link->bytesIn);
    uint32_t length = capacity > 0 ? (uint32_t)xStreamBufferReceive(link->bytesIn, bytes, capacity, 0) : 0;
    if (length > 0 && wasFull) link_wake(link);
    if (length > 0 || state != LINK_CLOSED) return (int32_t)length;
    return xStreamBufferIsEmpty(link->bytesIn) ? atomic_load(&link->error) : 0;
}

static void give_back(struct link *link, enum link_order order)
{
    link->held = false;
    atomic_store(&link->order, order);
    if (atomic_load(&link->running)) link_wake(link);
}

int32_t board_net_close(int32_t handle)
{
    struct link *link = find(handle);
    if (link == NULL) return HAL_EBADF;
    give_back(link, LINK_FINISH);
    return 0;
}

void board_net_reset(void)
{
    for (size_t i = 0; i < LINKS; i++)
        if (links[i].held) give_back(&links[i], LINK_DROP);
}
