/** wasmote-script: drives a node by a binary script on standard input. script/README.md is the format. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "board.h"
#include "hal.h"
#include "node.h"
#include "script.h"

enum record {
    STEP = 0x01,
    RX = 0x02,
    CLOSE = 0x03,
    OPEN = 0x04,
    SEND_CAP = 0x05,
    RECV_CAP = 0x06,
    SENSOR = 0x07,
    SENSOR_ERROR = 0x08,
    RESUME = 0x09,
    STOP = 0x0a,
    CONFIG = 0x0b,
    SEED = 0x0c,
    CLOCK = 0x0d,
    FRESH = 0x0e,
};

#define EXIT_TRAPPED 1
#define EXIT_USAGE 2
#define EXIT_REFUSED 3

/* The module stays where it is for the node's whole life. */
static uint8_t module[65536];

static struct node node;
static bool isSetUp;
static uint64_t steps;
static uint64_t records;

static void fail(const char *what, int status)
{
    (void)fprintf(stderr, "wasmote-script: error: record %llu: %s\n", (unsigned long long)records, what);
    exit(status);
}

/* Fields ----------------------------------------------------------------------------------------------------------- */

static void read_bytes(uint8_t *bytes, size_t length)
{
    if (fread(bytes, 1, length, stdin) != length) fail("the script is cut off", EXIT_USAGE);
}

static uint64_t read_number(uint32_t bytes)
{
    uint8_t field[sizeof(uint64_t)];
    uint64_t value = 0;
    read_bytes(field, bytes);
    for (uint32_t i = bytes; i > 0; i--)
        value = value << 8 | field[i - 1];
    return value;
}

static uint32_t read_u32(void)
{
    return (uint32_t)read_number(sizeof(uint32_t));
}

static uint32_t read_u16(void)
{
    return (uint32_t)read_number(sizeof(uint16_t));
}

static int32_t read_error(void)
{
    /* Two's complement in one byte. */
    int32_t error = (int32_t)read_number(1) - 0x100;
    if (error < INT8_MIN) fail("an error is not negative", EXIT_USAGE);
    return error;
}

/* Records ---------------------------------------------------------------------------------------------------------- */

static void check(engine_trap trap)
{
    (void)hal_take_sleep();
    if (trap == NULL) return;
    (void)printf("{\"trap\":\"%s\",\"record\":%llu}\n", trap, (unsigned long long)records);
    exit(EXIT_TRAPPED);
}

static void ensure_setup(void)
{
    if (isSetUp) return;
    isSetUp = true;
    if (script.print) (void)printf("setup\n");
    check(node_setup(&node));
}

static void do_step(void)
{
    uint32_t nowMs = read_u32();
    uint32_t waitMs = 0;
    ensure_setup();
    check(node_step(&node, nowMs, &waitMs));
    uint8_t result[] = {(uint8_t)waitMs, (uint8_t)(waitMs >> 8), (uint8_t)(waitMs >> 16), (uint8_t)(waitMs >> 24)};
    script.hash = fnv1a(script.hash, result, sizeof result);
    steps++;
    if (script.print) (void)printf("step %lu -> %lu\n", (unsigned long)nowMs, (unsigned long)waitMs);
}

static void do_receive(void)
{
    uint32_t length = read_u16();
    static uint8_t unread[UINT16_MAX];
    if (script.link == LINK_NONE) {
        read_bytes(unread, length);
        return;
    }
    memmove(script.queue, script.queue + script.taken, script.queued - script.taken);
    script.queued -= script.taken;
    script.taken = 0;
    if (length > SCRIPT_QUEUE_BYTES - script.queued) fail("the receive queue is full", EXIT_USAGE);
    read_bytes(script.queue + script.queued, length);
    script.queued += length;
}

static void do_resume(void)
{
    uint32_t nowMs = read_u32();
    uint32_t sleptMs = read_u32();
    ensure_setup();
    board_net_reset();
    if (script.print) (void)printf("resume %lu %lu\n", (unsigned long)nowMs, (unsigned long)sleptMs);
    check(node_resume(&node, nowMs, sleptMs));
}

static void do_stop(void)
{
    ensure_setup();
    if (script.print) (void)printf("stop\n");
    check(node_stop(&node));
}

static void do_config(void)
{
    static struct script_config entry;
    entry.keyLength = (uint8_t)read_number(1);
    read_bytes(entry.key, entry.keyLength);
    entry.valueLength = (uint8_t)read_number(1);
    read_bytes(entry.value, entry.valueLength);
    uint32_t index = 0;
    while (index < script.keys && (script.config[index].keyLength != entry.keyLength ||
                                   memcmp(script.config[index].key, entry.key, entry.keyLength) != 0))
        index++;
    if (index == SCRIPT_KEYS) fail("more than 16 keys", EXIT_USAGE);
    if (index == script.keys) script.keys++;
    script.config[index] = entry;
}

static void do_fresh(void)
{
    board_net_reset();
    if (!node_reset(&node)) fail("out of memory", EXIT_TRAPPED);
    isSetUp = false;
}

static void do_record(int type)
{
    switch (type) {
    case STEP:
        do_step();
        return;
    case RX:
        do_receive();
        return;
    case CLOSE: {
        int32_t error = read_error();
        if (script.link != LINK_NONE && script.linkError == 0) script.linkError = error;
        return;
    }
    case OPEN:
        if (script.link == LINK_CONNECTING) script.link = LINK_OPEN;
        return;
    case SEND_CAP:
        script.sendCap = read_u16();
        return;
    case RECV_CAP:
        script.recvCap = read_u16();
        return;
    case SENSOR:
        script.sensorValue = (int32_t)read_u32();
        script.sensorError = 0;
        return;
    case SENSOR_ERROR:
        script.sensorError = read_error();
        return;
    case RESUME:
        do_resume();
        return;
    case STOP:
        do_stop();
        return;
    case CONFIG:
        do_config();
        return;
    case SEED:
        script.random = read_u32();
        if (script.random == 0) script.random = UINT32_C(0x9e3779b9);
        return;
    case CLOCK:
        script.clockUnixMs = (int64_t)read_number(sizeof(int64_t));
        script.clockSet = true;
        return;
    case FRESH:
        do_fresh();
        return;
    default:
        fail("unknown record type", EXIT_USAGE);
    }
}

int main(int argc, char **argv)
{
    script.print = argc == 3 && strcmp(argv[2], "--print") == 0;
    if (argc != 2 && !script.print) {
        (void)fprintf(stderr, "usage: wasmote-script <module.wasm> [--print] < script\n");
        return EXIT_USAGE;
    }
    FILE *file = fopen(argv[1], "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "wasmote-script: error: can't open %s\n", argv[1]);
        return EXIT_USAGE;
    }
    size_t length = fread(module, 1, sizeof module, file);
    (void)fclose(file);
    struct refusal refusal;
    if (!node_load(&node, module, (uint32_t)length, &refusal)) {
        char text[REFUSAL_TEXT_BYTES];
        refusal_describe(&refusal, text);
        (void)fprintf(stderr, "wasmote-script: error: %s\n", text);
        return EXIT_REFUSED;
    }

    for (int type = getchar(); type != EOF; type = getchar()) {
        do_record(type);
        records++;
    }
    uint64_t image = fnv1a(FNV_OFFSET_BASIS, node_image(&node), node.metadata.imageSize);
    (void)printf("{\"steps\":%llu,\"sentBytes\":%llu,\"hash\":\"%016llx\",\"image\":\"%016llx\"}\n",
                 (unsigned long long)steps, (unsigned long long)script.sentBytes, (unsigned long long)script.hash,
                 (unsigned long long)image);
    node_free(&node);
    return 0;
}
