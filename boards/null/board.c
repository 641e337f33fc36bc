/* Everything in the loop is a few instructions: what is measured is the node. */

#include "board.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "null.h"

/* MQTT control packet types, in the upper four bits of a packet's first byte. */
enum packet { CONNECT = 1, PUBLISH = 3, PUBREL = 6, SUBSCRIBE = 8, UNSUBSCRIBE = 10, PINGREQ = 12, DISCONNECT = 14 };

/* In the first byte of a PUBLISH. */
#define QOS_BITS 0x06

/* In a CONNECT, behind its header: the protocol name with its length, then the version. */
#define VERSION_OFFSET 6
#define VERSION_3_1_1 4
#define VERSION_5 5

/* Bytes behind the header that the answer depends on; a node's own packets have more. */
static const uint8_t SHORTEST[16] = {
    [CONNECT] = VERSION_OFFSET + 1, [PUBLISH] = 4, [PUBREL] = 2, [SUBSCRIBE] = 3, [UNSUBSCRIBE] = 2};

/* Answers of one step: a CONNACK and a few SUBACKs, or a PUBACK for each reading of a full queue. */
#define ANSWER_BYTES 1024

uint32_t nullPublishes;

static struct {
    bool open;
    /* The node speaks MQTT 5.0, says its CONNECT. */
    bool isFive;
    /* Bytes of a packet that was not sent whole, still to be skipped. */
    uint32_t skip;
    /* answers[taken..arrived) can be received, [arrived..end) arrives after this step. */
    uint8_t answers[ANSWER_BYTES];
    uint32_t taken;
    uint32_t arrived;
    uint32_t end;
} link;

static uint32_t readings;

__attribute__((noreturn, cold)) static void give_up(const char *why)
{
    (void)fprintf(stderr, "wasmote-null: error: %s\n", why);
    exit(1);
}

static void answer(const uint8_t *bytes, uint32_t length)
{
    if (length > ANSWER_BYTES - link.end) give_up("the node asked for more answers in one step than there is room for");
    memcpy(link.answers + link.end, bytes, length);
    link.end += length;
}

/* Answers of both versions: two bytes of header and the packet identifier. */
static inline void acknowledge(uint8_t type, const uint8_t *identifier)
{
    answer((const uint8_t[]){type, 2, identifier[0], identifier[1]}, 4);
}

/* The packet identifier comes behind the topic name. */
static inline void acknowledge_publish(const uint8_t *packet, const uint8_t *body)
{
    uint32_t topicLength = (uint32_t)body[0] << 8 | body[1];
    nullPublishes++;
    acknowledge((packet[0] & 0x04) == 0 ? 0x40 : 0x50, body + 2 + topicLength);
}

static void answer_connect(const uint8_t *body)
{
    uint8_t version = body[VERSION_OFFSET];
    if (version != VERSION_3_1_1 && version != VERSION_5) give_up("the node speaks neither MQTT 3.1.1 nor 5.0");
    link.isFive = version == VERSION_5;
    if (link.isFive) {
        answer((const uint8_t[]){0x20, 3, 0, 0, 0}, 5);
    } else {
        answer((const uint8_t[]){0x20, 2, 0, 0}, 4);
    }
}

/* Nodes subscribe to one filter at a time, whose options end the packet: the QoS that they ask for is granted. */
static void answer_subscribe(const uint8_t *body, uint32_t remaining)
{
    uint8_t granted = body[remaining - 1] & 3;
    if (link.isFive) {
        answer((const uint8_t[]){0x90, 4, body[0], body[1], 0, granted}, 6);
    } else {
        answer((const uint8_t[]){0x90, 3, body[0], body[1], granted}, 5);
    }
}

static void answer_unsubscribe(const uint8_t *body)
{
    if (link.isFive) {
        answer((const uint8_t[]){0xb0, 4, body[0], body[1], 0, 0}, 6);
    } else {
        acknowledge(0xb0, body);
    }
}

static void answer_packet(const uint8_t *packet, const uint8_t *body, uint32_t remaining)
{
    switch (packet[0] >> 4) {
    case CONNECT:
        answer_connect(body);
        return;
    case PUBLISH:
        if ((packet[0] & QOS_BITS) != 0) acknowledge_publish(packet, body);
        return;
    case PUBREL:
        acknowledge(0x70, body);
        return;
    case SUBSCRIBE:
        answer_subscribe(body, remaining);
        return;
    case UNSUBSCRIBE:
        answer_unsubscribe(body);
        return;
    case PINGREQ:
        answer((const uint8_t[]){0xd0, 0}, 2);
        return;
    default:
        return;
    }
}

int null_deliver(void)
{
    int any = link.arrived != link.end;
    link.arrived = link.end;
    return any;
}

int32_t board_net_open(uint32_t endpoint)
{
    if (endpoint != 0) return HAL_ENOENT;
    if (link.open) return HAL_EMFILE;
    link.open = true;
    return 0;
}

int32_t board_net_state(int32_t handle)
{
    return handle == 0 && link.open ? 1 : HAL_EBADF;
}

/* Any packets, whole but for a CONNECT, which may end later. Not inlined: it is not in the loop. */
__attribute__((noinline)) static void take_packets(const uint8_t *bytes, uint32_t length)
{
    while (length > 0) {
        if (link.skip > 0) {
            uint32_t part = link.skip < length ? link.skip : length;
            link.skip -= part;
            bytes += part;
            length -= part;
            continue;
        }
        uint32_t header = 1;
        uint32_t remaining = 0;
        for (uint32_t shift = 0; header < length && header < 5; shift += 7) {
            remaining |= (uint32_t)(bytes[header] & 0x7f) << shift;
            if ((bytes[header++] & 0x80) == 0) break;
        }
        uint32_t shortest = SHORTEST[bytes[0] >> 4];
        if (remaining < shortest) give_up("the node sent a packet that is too short");
        /* What is answered must be in this call. */
        uint32_t needed = bytes[0] >> 4 == CONNECT ? shortest : remaining;
        if (header + needed > length) give_up("the node sent part of a packet");
        answer_packet(bytes, bytes + header, remaining);
        link.skip = header + remaining;
    }
}

int32_t board_net_send(int32_t handle, const uint8_t *bytes, uint32_t length)
{
    if (handle != 0 || !link.open) return HAL_EBADF;
    /* One QoS 1 or 2 PUBLISH of less than 128 bytes, alone: all that there is in the loop. */
    bool alone = length > 2 && bytes[1] == length - 2 && length < 130 && link.skip == 0;
    if (alone && bytes[0] >> 4 == PUBLISH && (bytes[0] & QOS_BITS) != 0) {
        acknowledge_publish(bytes, bytes + 2);
    } else {
        take_packets(bytes, length);
    }
    return (int32_t)length;
}

int32_t board_net_recv(int32_t handle, uint8_t *bytes, uint32_t capacity)
{
    if (handle != 0 || !link.open) return HAL_EBADF;
    uint32_t length = link.arrived - link.taken;
    if (length == 0) return 0;
    if (length > capacity) length = capacity;
    /* One acknowledgement: the compiler makes one instruction of this copy. */
    if (length == 4) {
        memcpy(bytes, link.answers + link.taken, 4);
    } else {
        memcpy(bytes, link.answers + link.taken, length);
    }
    link.taken += length;
    if (link.taken == link.end) link.taken = link.arrived = link.end = 0;
    return (int32_t)length;
}

int32_t board_net_close(int32_t handle)
{
    if (handle != 0 || !link.open) return HAL_EBADF;
    board_net_reset();
    return 0;
}

void board_net_reset(void)
{
    link.open = false;
    link.skip = link.taken = link.arrived = link.end = 0;
}

/* 16.700 to 17.723 degrees: the digits change as a real probe's do. */
int32_t board_sensor_read(uint32_t channel, int32_t *value)
{
    if (channel != 0) return HAL_ENOENT;
    *value = 16700 + (int32_t)(readings++ * 100 & 0x3ff);
    return 0;
}

int32_t board_actuator_write(uint32_t channel, int32_t value)
{
    (void)value;
    return channel == 0 ? 0 : HAL_ENOENT;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): board.h's shape */
int32_t board_clock_unix_ms(int64_t *unixMs)
{
    (void)unixMs;
    return HAL_EAGAIN;
}

/* The same bits in every run, so that two runs count the same instructions. */
int32_t board_random(void)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (int32_t)state;
}

int32_t board_config_get(const uint8_t *key, uint32_t keyLength, uint8_t *value, uint32_t capacity)
{
    if (keyLength != 2 || memcmp(key, "id", 2) != 0) return HAL_ENOENT;
    if (capacity < 1) return HAL_EOVERFLOW;
    value[0] = '7';
    return 1;
}

int32_t board_deep_sleep(uint32_t ms)
{
    (void)ms;
    return HAL_ENOTSUP;
}

int32_t board_log(uint32_t level, const uint8_t *text, uint32_t length)
{
    if (level == HAL_LOG_ERROR) (void)fprintf(stderr, "wasmote-null: the node says: %.*s\n", (int)length, text);
    return 0;
}

void board_trapped(const char *trap, uint32_t restartMs)
{
    (void)restartMs;
    give_up(trap);
}

void board_watchdog_start(void) {}

void board_watchdog_stop(void) {}
