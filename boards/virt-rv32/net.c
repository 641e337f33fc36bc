#include "net.h"

#include <stdbool.h>
#include <string.h>

#include "abi.h"
#include "board.h"
#include "bridge.h"
#include "little.h"
#include "settings.h"

#define LINKS 4

/* The bridge sends no more than this before it hears that the node has taken some of it. */
#define WINDOW_BYTES 1024

struct link {
    bool used;
    bool open;
    /* What the bridge knows it by: no two links of a run have the same, so what it says of an old one is of no new one.
     */
    uint16_t number;
    /* What closed it; 0 while nothing has. It shows when everything that had arrived was handed over. */
    int32_t error;
    /* Bytes that the bridge still takes. */
    uint32_t credit;
    /* received[first..first+filled), around the end, waits for the node. */
    uint8_t received[WINDOW_BYTES];
    uint32_t first;
    uint32_t filled;
    /* Bytes that the node has taken since the bridge was last told. */
    uint32_t taken;
};

static struct link links[LINKS];
static uint16_t nextNumber;

static void send_about(enum bridge_message type, const struct link *link, const uint8_t *bytes, uint32_t length)
{
    uint8_t number[NET_LINK_BYTES] = {(uint8_t)link->number, (uint8_t)(link->number >> 8)};
    bridge_send(type, number, sizeof number, bytes, length);
}

static struct link *find(const uint8_t *payload, uint32_t length)
{
    if (length < NET_LINK_BYTES) return NULL;
    for (uint32_t i = 0; i < LINKS; i++)
        if (links[i].used && links[i].number == little_u16(payload)) return &links[i];
    return NULL;
}

static struct link *get(int32_t handle)
{
    return handle >= 0 && handle < LINKS && links[handle].used ? &links[handle] : NULL;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void net_take_data(const uint8_t *payload, uint32_t length)
{
    struct link *link = find(payload, length);
    if (link == NULL || link->error != 0) return;
    const uint8_t *bytes = payload + NET_LINK_BYTES;
    length -= NET_LINK_BYTES;
    /* Before it is open, or more than was allowed: whatever that is, it is no stream. */
    if (!link->open || length > WINDOW_BYTES - link->filled) {
        link->error = HAL_ECONNRESET;
        link->filled = 0;
        return;
    }
    uint32_t end = (link->first + link->filled) % WINDOW_BYTES;
    uint32_t part = least(length, WINDOW_BYTES - end);
    memcpy(link->received + end, bytes, part);
    memcpy(link->received, bytes + part, length - part);
    link->filled += length;
}

void net_take_credit(const uint8_t *payload, uint32_t length)
{
    struct link *link = find(payload, length);
    if (link != NULL && length == NET_LINK_BYTES + 2) link->credit += little_u16(payload + NET_LINK_BYTES);
}

void net_take_state(const uint8_t *payload, uint32_t length)
{
    struct link *link = find(payload, length);
    if (link == NULL || link->error != 0 || length != NET_LINK_BYTES + 1) return;
    uint8_t state = payload[NET_LINK_BYTES];
    /* 1, or an error: a byte with a sign. */
    if (state == 1) {
        link->open = true;
    } else {
        link->error = state >= 0x80 ? state - 0x100 : HAL_ECONNRESET;
    }
}

void net_lost(void)
{
    for (uint32_t i = 0; i < LINKS; i++) {
        links[i].error = HAL_ECONNRESET;
        links[i].filled = 0;
    }
}

int32_t board_net_open(uint32_t endpoint)
{
    if (endpoint >= settings_endpoints()) return HAL_ENOENT;
    for (int32_t handle = 0; handle < LINKS; handle++) {
        struct link *link = &links[handle];
        if (link->used) continue;
        memset(link, 0, sizeof *link);
        link->used = true;
        link->number = nextNumber++;
        send_about(BRIDGE_OPEN, link,
                   (const uint8_t[]){(uint8_t)endpoint, (uint8_t)WINDOW_BYTES, (uint8_t)(WINDOW_BYTES >> 8)}, 3);
        return handle;
    }
    return HAL_EMFILE;
}

int32_t board_net_state(int32_t handle)
{
    const struct link *link = get(handle);
    if (link == NULL) return HAL_EBADF;
    if (link->error != 0 && link->filled == 0) return link->error;
    return link->open ? 1 : 0;
}

int32_t board_net_send(int32_t handle, const uint8_t *bytes, uint32_t length)
{
    struct link *link = get(handle);
    if (link == NULL) return HAL_EBADF;
    /* There is a last word still to be read; what is sent meanwhile is lost. */
    if (link->error != 0) return link->filled > 0 ? (int32_t)length : link->error;
    if (!link->open) return 0;
    uint32_t part = least(length, least(link->credit, bridge_room()));
    if (part == 0) return 0;
    send_about(BRIDGE_DATA, link, bytes, part);
    link->credit -= part;
    return (int32_t)part;
}

int32_t board_net_recv(int32_t handle, uint8_t *bytes, uint32_t capacity)
{
    struct link *link = get(handle);
    if (link == NULL) return HAL_EBADF;
    if (link->filled == 0) return link->error;
    uint32_t length = least(capacity, link->filled);
    uint32_t part = least(length, WINDOW_BYTES - link->first);
    memcpy(bytes, link->received + link->first, part);
    memcpy(bytes + part, link->received, length - part);
    link->first = (link->first + length) % WINDOW_BYTES;
    link->filled -= length;
    link->taken += length;
    if (link->taken >= WINDOW_BYTES / 2 && link->error == 0) {
        send_about(BRIDGE_CREDIT, link, (const uint8_t[]){(uint8_t)link->taken, (uint8_t)(link->taken >> 8)}, 2);
        link->taken = 0;
    }
    return (int32_t)length;
}

int32_t board_net_close(int32_t handle)
{
    struct link *link = get(handle);
    if (link == NULL) return HAL_EBADF;
    send_about(BRIDGE_CLOSE, link, NULL, 0);
    link->used = false;
    return 0;
}

void board_net_reset(void)
{
    for (uint32_t i = 0; i < LINKS; i++)
        links[i].used = false;
    bridge_send(BRIDGE_RESET, NULL, 0, NULL, 0);
}
