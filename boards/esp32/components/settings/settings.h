/**
 * What a device can be told, in one table: the console, the provision partition and the firmware read and check
 * settings here. Every value is text. Where the values are kept is the board's business: NVS on a device.
 */
#ifndef WASMOTE_SETTINGS_H
#define WASMOTE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/** Longest key, and its NUL: what NVS takes. */
#define SETTINGS_KEY_BYTES 16

/** Longest value, and its NUL: what NVS takes as one string. */
#define SETTINGS_VALUE_BYTES 4000

/** Longest id, and its NUL. */
#define SETTINGS_ID_BYTES 24

/** How many channels can be wired. */
#define SETTINGS_SENSORS 8
#define SETTINGS_ACTUATORS 4

/** How many broker addresses there are: `broker` is endpoint 0, `broker2` endpoint 1. */
#define SETTINGS_ENDPOINTS 2

/** What a value must look like. */
enum settings_kind {
    /** 1 to 23 of 0-9 A-Z a-z - _. */
    SETTINGS_ID,
    /** UTF-8 without control characters, from `least` to `most` bytes. */
    SETTINGS_TEXT,
    /** Of a Wi-Fi: 8 to 63 printable ASCII characters, or 64 hexadecimal digits. */
    SETTINGS_PASSPHRASE,
    /** mqtt, mqtts, ws or wss: url.h. */
    SETTINGS_URL,
    /** A name of the DNS, or an IP address. */
    SETTINGS_HOST,
    /** Decimal, from `least` to `most`. */
    SETTINGS_NUMBER,
    /** `3.1.1` or `5`. */
    SETTINGS_MQTT,
    /** One or more blocks of PEM that hold certificates. */
    SETTINGS_CERTIFICATE,
    /** One block of PEM that holds a private key, not encrypted. */
    SETTINGS_PRIVATE_KEY,
    /** wiring.h. */
    SETTINGS_SENSOR,
    SETTINGS_ACTUATOR,
};

/** One row of the table. */
struct setting {
    /** The key, or what it begins with if `family` says so. */
    const char *key;
    enum settings_kind kind;
    /** How the key goes on: 0, not at all; a number, with a digit below it; SETTINGS_NAMED, with a name. */
    uint8_t family;
    /** Never shown: it is written as ***. */
    bool secret;
    /** The module can ask for it. */
    bool guest;
    /** Of a number, its range; of every other kind, how many bytes it may have. */
    uint32_t least;
    uint32_t most;
    /** What counts while nothing is set; NULL: nothing does. The id's is the board's. */
    const char *fallback;
    /** One line for a person. */
    const char *help;
};

/** In `family`: the key goes on with a name of 1 to 11 of 0-9 A-Z a-z - _ . */
#define SETTINGS_NAMED 0xff

extern const struct setting settingsTable[];
extern const uint32_t settingsTableLength;

/** What differs from chip to chip and from build to build. */
struct settings_chip {
    /** As a person calls it: `esp32c3`. */
    const char *name;
    /** A bit for each GPIO that can be an output and is free: not the flash's, console's, Ethernet's or LED's. */
    uint64_t pins;
    /** How many pairs of I2C pins can be in use at once. */
    uint32_t buses;
    /** The chip has a temperature sensor of its own. */
    bool internal;
    /** The build has the driver. */
    bool ds18b20;
};

/**
 * Where values are kept. All functions return `>= 0`, or an enum hal_error of abi.h. A value that was set is durable
 * when `set` returns; one that could not be set leaves the old one in place.
 */
struct settings_store {
    void *context;
    /** Copies a value, without a NUL. @return its length; HAL_ENOENT; HAL_EOVERFLOW: longer than `capacity`; HAL_EIO.
     */
    int32_t (*get)(void *context, const char *key, char *value, uint32_t capacity);
    /** Sets a value, which holds no NUL. @return 0; HAL_EOVERFLOW: no room is left; HAL_EIO. */
    int32_t (*set)(void *context, const char *key, const char *value, uint32_t length);
    /** @return 0, also if it was not set; HAL_EIO. */
    int32_t (*erase)(void *context, const char *key);
    /** The key that is number `index` of those that are set, in any order. @return 0; HAL_ENOENT behind the last;
     * HAL_EIO. */
    int32_t (*key)(void *context, uint32_t index, char key[SETTINGS_KEY_BYTES]);
};

struct settings {
    const struct settings_store *store;
    const struct settings_chip *chip;
    /** What counts as the id while none is set: `node-` and the end of the MAC address. NUL-terminated. */
    char fallbackId[SETTINGS_ID_BYTES];
};

/* Errors ----------------------------------------------------------------------------------------------------------- */

/** settings_code_name() has the names. */
enum settings_code {
    SETTINGS_OK,
    /** Not an error: the value is the beginning of a good one, and more is to be appended. Of PEM only. */
    SETTINGS_INCOMPLETE,
    /** There is no such key. */
    SETTINGS_UNKNOWN_KEY,
    /** The key is not set, and has no default. */
    SETTINGS_NOT_SET,
    /** The value is not one of its kind. */
    SETTINGS_INVALID,
    /** The value is longer than its kind may be. */
    SETTINGS_TOO_LONG,
    /** The store is full. */
    SETTINGS_FULL,
    /** The store failed. */
    SETTINGS_STORAGE,
    /** Two settings don't go together. */
    SETTINGS_CONFLICT,
};

#define SETTINGS_TEXT_BYTES 200

/** What went wrong, and what to do about it. It never quotes a secret. */
struct settings_problem {
    enum settings_code code;
    /** One line for a person, with the cure; empty if there is no problem. */
    char text[SETTINGS_TEXT_BYTES];
};

/** `UNKNOWN_KEY` and so on: stable, for programs. */
const char *settings_code_name(enum settings_code code);

/* Keys and values -------------------------------------------------------------------------------------------------- */

/** The row of a key, which need not be NUL-terminated, or NULL. */
const struct setting *settings_find(const char *key, uint32_t length);

/** The row whose key is most like this one, for "did you mean …?", or NULL. */
const struct setting *settings_nearest(const char *key, uint32_t length);

/** Whether a value, of any bytes, is one of its kind. `problem->text` begins with the key. @return problem->code. */
enum settings_code settings_check(const struct settings *settings, const char *key, const char *value, uint32_t length,
                                  struct settings_problem *problem);

/**
 * Copies a value and puts a NUL behind it: what is set, else the default.
 *
 * @return its length; HAL_ENOENT: neither; HAL_EOVERFLOW: longer than `capacity` less one; HAL_EIO.
 */
int32_t settings_get(const struct settings *settings, const char *key, char *value, uint32_t capacity);

/** Checks a value and sets it. @return SETTINGS_OK or SETTINGS_INCOMPLETE: it is set; else why not. */
enum settings_code settings_set(const struct settings *settings, const char *key, const char *value, uint32_t length,
                                struct settings_problem *problem);

/** Erases a value; the default counts again. */
enum settings_code settings_unset(const struct settings *settings, const char *key, struct settings_problem *problem);

/**
 * What one setting can't know of the others: a certificate without its key, a password without a user name, two devices
 * on one pin, a PEM that was never completed, a value that this chip or build does not know. For the start and for
 * `status`. It takes about 2 KiB of stack.
 *
 * @param workspace SETTINGS_VALUE_BYTES that this may overwrite.
 * @param found called for each problem; the text is valid during the call.
 * @return how many there are.
 */
uint32_t settings_review(const struct settings *settings, char *workspace,
                         void (*found)(void *context, const struct settings_problem *problem), void *context);

/* For the module --------------------------------------------------------------------------------------------------- */

/**
 * The key under which a value that the module asks for is kept: `id`, `username`, `password`, `interval` and `mqtt` are
 * themselves, and every other name is `app.<name>`. So a module never reaches Wi-Fi, brokers or keys.
 *
 * @return false if nothing can have that name.
 */
bool settings_guest_key(const uint8_t *name, uint32_t length, char key[SETTINGS_KEY_BYTES]);

/** board_config_get() of board.h, as it stands there. */
int32_t settings_guest_get(const struct settings *settings, const uint8_t *name, uint32_t length, uint8_t *value,
                           uint32_t capacity);

#endif
