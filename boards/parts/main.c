/** wasmote-parts: the parts of the ESP32's firmware that need no ESP32. boards/parts/README.md has its modes. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "chips.h"
#include "device.h"
#include "little.h"
#include "records.h"
#include "store.h"

#define EXIT_USAGE 2

/* What the NVS partition of a device has for values: 5 pages of 4 KiB, less what its own tables take. */
#define DEFAULT_ROOM 19000

static const char usage[] =
    "usage: wasmote-parts console|device|bus|<records> [--chip NAME] [--store FILE] [--room BYTES]\n"
    "       device: [--link PATH] [--log MS] [--noise] [--mute] [--provision FILE]\n";

static int fail(const char *what, const char *cure)
{
    (void)fprintf(stderr, "wasmote-parts: error: %s (%s)\n", what, cure);
    return EXIT_USAGE;
}

/* Each record is in a block of its own, so that a sanitizer sees a read behind its end. */
static int run_records(record_handler handler, const struct settings *settings)
{
    uint8_t head[sizeof(uint32_t)];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        uint32_t length = little_u32(head);
        if (length > RECORD_BYTES) return fail("a record is too long", "see boards/parts/README.md");
        uint8_t *record = malloc(length);
        if (record == NULL && length > 0) return fail("out of memory", "give it less");
        bool good = fread(record, 1, length, stdin) == length && handler(settings, record, length);
        free(record);
        (void)printf("\n");
        if (!good) return fail("a record is not one of its kind", "see boards/parts/README.md");
    }
    return EXIT_SUCCESS;
}

struct arguments {
    const char *mode;
    const char *store;
    uint32_t room;
    const struct settings_chip *chip;
    struct device_options device;
};

/* @return how many arguments the flag has used, itself included; 0: there is no such flag, or its value is wrong. */
static int take_flag(struct arguments *arguments, const char *flag, const char *value)
{
    struct device_options *device = &arguments->device;
    if (strcmp(flag, "--noise") == 0) {
        device->noise = true;
        return 1;
    }
    if (strcmp(flag, "--mute") == 0) {
        device->mute = true;
        return 1;
    }
    if (value == NULL) return 0;
    if (strcmp(flag, "--chip") == 0) {
        arguments->chip = chips_find(value);
        return arguments->chip != NULL ? 2 : 0;
    }
    if (strcmp(flag, "--store") == 0) {
        arguments->store = value;
    } else if (strcmp(flag, "--room") == 0) {
        arguments->room = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(flag, "--link") == 0) {
        device->link = value;
    } else if (strcmp(flag, "--log") == 0) {
        device->logMs = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(flag, "--provision") == 0) {
        device->provision = value;
    } else {
        return 0;
    }
    return 2;
}

static int run_mode(struct arguments *arguments)
{
    struct settings settings = {.store = &store, .chip = arguments->chip, .fallbackId = "node-a1b2c3"};
    const char *mode = arguments->mode;
    if (strcmp(mode, "bus") == 0) return bus_run();
    if (!store_open(arguments->store, arguments->room)) return fail("can't read the file of settings", "check --store");
    arguments->device.quiet = strcmp(mode, "console") == 0;
    if (arguments->device.quiet || strcmp(mode, "device") == 0) return device_run(&arguments->device, &settings);
    record_handler handler = records_slots(mode);
    if (handler == NULL) handler = records_settings(mode);
    if (handler == NULL) handler = records_probes(mode);
    if (handler == NULL) return fail("there is no such mode", "see boards/parts/README.md");
    return run_records(handler, &settings);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.mode = "", .room = DEFAULT_ROOM, .chip = chips_find("esp32c3")};
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, argc < 2 ? stderr : stdout);
        return argc < 2 ? EXIT_USAGE : EXIT_SUCCESS;
    }
    arguments.mode = argv[1];
    for (int i = 2; i < argc;) {
        int used = take_flag(&arguments, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
        if (used == 0) return fail("there is a flag that is none, or its value is", "see wasmote-parts --help");
        i += used;
    }
    return run_mode(&arguments);
}
