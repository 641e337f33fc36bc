#include "bridge.h"

#include <stddef.h>

#include <string.h>

#include "clock.h"
#include "devices.h"
#include "frame.h"
#include "net.h"
#include "settings.h"
#include "uart.h"

/* Milliseconds until a HELLO that nobody answered is said again. */
#define HELLO_EVERY_MS 1000

/* What a frame of DATA takes on the line besides its bytes, at the most. */
#define DATA_OVERHEAD_BYTES (FRAME_LINE_BYTES - FRAME_PAYLOAD_BYTES + NET_LINK_BYTES)

static struct frame_reader reader;
static struct {
    /* The number of the next frame, in each direction. */
    uint8_t sending;
    uint8_t receiving;
    /* Any number may be the first. */
    bool heard;
    bool started;
    bool stopping;
    /* The node should look. */
    bool news;
} state;

void bridge_send(enum bridge_message type, const uint8_t *head, uint32_t headLength, const uint8_t *bytes,
                 uint32_t length)
{
    static uint8_t frame[FRAME_BYTES];
    static uint8_t line[FRAME_LINE_BYTES];
    uint8_t *payload = frame + FRAME_HEAD_BYTES;
    if (headLength > 0) memcpy(payload, head, headLength);
    if (length > 0) memcpy(payload + headLength, bytes, length);
    uart_send(line, frame_write(frame, (uint8_t)type, state.sending++, headLength + length, line));
}

uint32_t bridge_room(void)
{
    uint32_t room = uart_room();
    if (room <= DATA_OVERHEAD_BYTES) return 0;
    room -= DATA_OVERHEAD_BYTES;
    uint32_t most = FRAME_PAYLOAD_BYTES - NET_LINK_BYTES;
    return room < most ? room : most;
}

void bridge_log(uint32_t level, const char *text, uint32_t length)
{
    uint8_t head[1] = {(uint8_t)level};
    uint32_t most = FRAME_PAYLOAD_BYTES - sizeof head;
    bridge_send(BRIDGE_LOG, head, sizeof head, (const uint8_t *)text, length < most ? length : most);
}

void bridge_interrupt(void)
{
    static const uint8_t end[1] = {0};
    uart_send(end, sizeof end);
}

void bridge_flush(void)
{
    uart_flush();
}

bool bridge_stopping(void)
{
    return state.stopping;
}

/* Whatever it was, a stream may miss bytes now, and a wait may be for nothing. */
static void lost(void)
{
    net_lost();
    devices_lost();
    state.news = true;
}

static void handle(uint8_t type, const uint8_t *payload, uint32_t length)
{
    switch (type) {
    case BRIDGE_DATA:
        net_take_data(payload, length);
        break;
    case BRIDGE_CREDIT:
        net_take_credit(payload, length);
        break;
    case BRIDGE_STATE:
        net_take_state(payload, length);
        break;
    case BRIDGE_LOST:
        lost();
        break;
    case BRIDGE_CONFIG:
        if (!state.started) settings_take(payload, length);
        return;
    case BRIDGE_START:
        if (!state.started) state.started = settings_take_start(payload, length);
        return;
    case BRIDGE_SENSED:
        devices_take_sensed(payload, length);
        break;
    case BRIDGE_STOP:
        state.stopping = true;
        break;
    default:
        return;
    }
    state.news = true;
}

static void hear(void)
{
    uint8_t number = frame_number(&reader);
    if (state.heard && number != state.receiving) {
        bridge_send(BRIDGE_LOST, NULL, 0, NULL, 0);
        lost();
    }
    state.heard = true;
    state.receiving = (uint8_t)(number + 1);
    handle(frame_type(&reader), frame_payload(&reader), frame_payload_bytes(&reader));
}

bool bridge_poll(void)
{
    uart_pump();
    /* What is damaged shows in the number of the next frame. */
    for (int byte = uart_receive(); byte >= 0; byte = uart_receive())
        if (frame_read(&reader, (uint8_t)byte) == FRAME_WHOLE) hear();
    bool news = state.news;
    state.news = false;
    return news;
}

void bridge_wait(uint64_t untilMs)
{
    clock_alarm(untilMs);
    uart_wait();
}

void bridge_init(void)
{
    uart_init();
    while (!state.started) {
        settings_clear();
        bridge_send(BRIDGE_HELLO, (const uint8_t[]){BRIDGE_VERSION}, 1, NULL, 0);
        uint64_t untilMs = clock_ms() + HELLO_EVERY_MS;
        while (!state.started && clock_ms() < untilMs) {
            (void)bridge_poll();
            if (!state.started) bridge_wait(untilMs);
        }
    }
}
