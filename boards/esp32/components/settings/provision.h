/**
 * Reads what a factory wrote into a device's partition `provision`:
 *
 *     wasmote provision 1
 *     wifi_ssid=Workshop
 *     broker=mqtts://broker.example.com
 *     ca=-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n
 *     crc32=5f0e2a77
 *
 * then 0xff to the end. Lines end in a line feed. In a value `\\` is a backslash and `\n` a line feed. A key without a
 * value is unset. The CRC is over every byte before its line.
 *
 * The text is fed in pieces of any size, and nothing is taken on trust: the CRC stands at the end, so read the text
 * twice, first without a sink to check it all, then with one. So a device sets all of it or nothing. After a power cut
 * the second pass is repeated from the beginning, with the same result; erase the partition when it has ended well.
 */
#ifndef WASMOTE_PROVISION_H
#define WASMOTE_PROVISION_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

enum provision_outcome {
    /** More bytes are needed. */
    PROVISION_READING,
    /** The text is whole and every line of it is good; the sink has got all of it. */
    PROVISION_DONE,
    /** There is no text: erased flash. */
    PROVISION_NOTHING,
    /** It does not begin with `wasmote provision`. */
    PROVISION_FOREIGN,
    /** It is of another version. */
    PROVISION_VERSION,
    /** A line is not `key=value`, or is too long for any. */
    PROVISION_LINE,
    /** settings_check() has refused a line: `problem` says why. */
    PROVISION_SETTING,
    /** The CRC is wrong. */
    PROVISION_CRC,
    /** It ends before its CRC. */
    PROVISION_CUT_OFF,
    /** There is something behind its CRC. */
    PROVISION_TRAILING,
    /** The sink has refused a value: `problem` says why. */
    PROVISION_SINK,
};

/** Sets a checked value, or unsets it if `length` is 0. @return SETTINGS_OK, or why not, with `problem` set. */
typedef enum settings_code (*provision_sink)(void *context, const char *key, const char *value, uint32_t length,
                                             struct settings_problem *problem);

/** About 4.3 KiB; only provision.c looks inside, but at what is documented. */
struct provision {
    enum provision_outcome outcome;
    /** The line in question, from 1 on. */
    uint32_t line;
    /** How many settings the text has had up to here. */
    uint32_t count;
    /** Of PROVISION_SETTING and PROVISION_SINK. */
    struct settings_problem problem;

    const struct settings *settings;
    provision_sink sink;
    void *context;
    uint8_t part;
    bool escaped;
    uint32_t crc;
    /** The CRC before the line that is being read. */
    uint32_t lineCrc;
    uint32_t keyLength;
    uint32_t valueLength;
    char key[SETTINGS_KEY_BYTES];
    char value[SETTINGS_VALUE_BYTES];
};

/** @param sink NULL: only to check. */
void provision_init(struct provision *provision, const struct settings *settings, provision_sink sink, void *context);

/** Reads a piece. @return whether it wants more. */
bool provision_feed(struct provision *provision, const uint8_t *bytes, uint32_t length);

/** There is no more. @return how it ended; never PROVISION_READING. */
enum provision_outcome provision_end(struct provision *provision);

/** One line for a person, with the cure. */
void provision_describe(const struct provision *provision, char text[SETTINGS_TEXT_BYTES]);

/** A sink: settings_set() and settings_unset(); `context` is the struct settings. */
enum settings_code provision_store(void *context, const char *key, const char *value, uint32_t length,
                                   struct settings_problem *problem);

#endif
