/** The state of the tests' board, which a script sets and the node's calls read: script/README.md. */
#ifndef WASMOTE_SCRIPT_H
#define WASMOTE_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#define SCRIPT_KEYS 16
#define SCRIPT_TEXT_BYTES 255
#define SCRIPT_QUEUE_BYTES 131072

/** A cap of SEND_CAP or RECV_CAP that is none. */
#define SCRIPT_NO_CAP 0xffff

#define FNV_OFFSET_BASIS UINT64_C(0xcbf29ce484222325)

enum script_link { LINK_NONE, LINK_CONNECTING, LINK_OPEN };

struct script_config {
    uint8_t keyLength;
    uint8_t valueLength;
    uint8_t key[SCRIPT_TEXT_BYTES];
    uint8_t value[SCRIPT_TEXT_BYTES];
};

struct script {
    bool print;
    enum script_link link;
    /** What CLOSE said, or 0. */
    int32_t linkError;
    /** queue[taken..queued) has not been received yet. */
    uint32_t taken;
    uint32_t queued;
    uint32_t sendCap;
    uint32_t recvCap;
    int32_t sensorValue;
    int32_t sensorError;
    bool clockSet;
    int64_t clockUnixMs;
    uint32_t random;
    uint32_t keys;
    uint64_t sentBytes;
    uint64_t hash;
    struct script_config config[SCRIPT_KEYS];
    uint8_t queue[SCRIPT_QUEUE_BYTES];
};

extern struct script script;

/** FNV-1a, 64 bits, continued over more bytes. */
uint64_t fnv1a(uint64_t hash, const uint8_t *bytes, uint32_t length);

#endif
