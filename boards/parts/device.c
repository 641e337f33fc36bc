#include "device.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../posix/monotonic.h"
#include "abi.h"
#include "console.h"
#include "line.h"
#include "partition.h"
#include "store.h"

#define LOG_BYTES 320

/* Log lines of `noise` within an echo come behind so many characters. */
#define NOISE_CHARACTERS 7

static struct console console;
static const struct device_options *options;
static struct settings *settings;
static struct line line;
static uint64_t bootMs;
static bool restarting;
static uint32_t readings;
static uint32_t echoed;

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

static void write_line(const char *text, uint32_t length)
{
    if (!line_write(&line, text, length)) ended = 1;
}

/* Log ----------------------------------------------------------------------------------------------------------------
 */

/* As ESP-IDF writes it. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
log_line(char level, const char *tag, const char *format, ...)
{
    char text[LOG_BYTES];
    char message[LOG_BYTES / 2];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    int length =
        snprintf(text, sizeof text, "%c (%" PRIu64 ") %s: %s\r\n", level, monotonic_ms() - bootMs, tag, message);
    write_line(text, (uint32_t)length);
}

static void log_reading(void)
{
    log_line('I', "module", "reading %" PRIu32, readings++);
}

/* What the console asks of the board
 * ----------------------------------------------------------------------------------- */

static void platform_write(void *context, const char *text, uint32_t length)
{
    (void)context;
    if (options->mute) return;
    if (options->noise) {
        bool answer = length >= 2 && memcmp(text, "= ", 2) == 0;
        echoed = length == 1 ? echoed + 1 : 0;
        if (answer || echoed == NOISE_CHARACTERS) log_reading();
    }
    write_line(text, length);
}

static void show_problem(void *context, const struct settings_problem *problem)
{
    console_answer(context, "problem: %s", problem->text);
}

static void platform_status(void *context, struct console *asking)
{
    static char value[SETTINGS_VALUE_BYTES];
    (void)context;
    console_answer(asking, "state: running");
    if (settings_get(settings, "id", value, sizeof value) > 0) console_answer(asking, "id: %s", value);
    console_answer(asking, "module: temperature, slot 0");
    bool wifi = settings_get(settings, "wifi_ssid", value, sizeof value) > 0;
    console_answer(asking, "network: %s", wifi ? "up, 192.0.2.7" : "wifi_ssid is not set");
    bool broker = settings_get(settings, "broker", value, sizeof value) > 0;
    console_answer(asking, "broker: %s", broker ? "connected" : "broker is not set");
    console_answer(asking, "uptime: %" PRIu64 " s", (monotonic_ms() - bootMs) / 1000);
    (void)settings_review(settings, value, show_problem, asking);
}

static void platform_heap(void *context, struct console *asking)
{
    (void)context;
    console_answer(asking, "free: 263412 bytes");
    console_answer(asking, "least: 251800 bytes");
}

static void platform_module(void *context, struct console *asking)
{
    (void)context;
    console_answer(asking, "slot 0: runs, sequence 1, 4985 bytes");
    console_answer(asking, "slot 1: empty");
}

static int32_t platform_factory_reset(void *context)
{
    (void)context;
    return store_erase_all();
}

static void platform_restart(void *context)
{
    (void)context;
    restarting = true;
}

static const struct console_platform platform = {
    .context = NULL,
    .write = platform_write,
    .status = platform_status,
    .heap = platform_heap,
    .module = platform_module,
    .factoryReset = platform_factory_reset,
    .restart = platform_restart,
};

/* Life ---------------------------------------------------------------------------------------------------------------
 */

static void boot(void)
{
    static char value[SETTINGS_VALUE_BYTES];
    bootMs = monotonic_ms();
    restarting = false;
    readings = 0;
    if (!options->quiet) {
        static const char rom[] = "ESP-ROM:simulated\r\nrst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\n";
        write_line(rom, sizeof rom - 1);
        log_line('I', "wasmote", "on an %s", settings->chip->name);
    }
    if (options->provision != NULL) {
        char text[SETTINGS_TEXT_BYTES];
        enum provision_outcome outcome = partition_take(options->provision, settings, text);
        if (outcome != PROVISION_NOTHING && !options->quiet)
            log_line(outcome == PROVISION_DONE ? 'I' : 'E', "provision", "%s", text);
    }
    if (!options->quiet && settings_get(settings, "id", value, sizeof value) > 0)
        log_line('I', "wasmote", "id %s", value);
    console_init(&console, &platform, settings);
}

static void take(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        console_feed(&console, &bytes[i], 1);
        /* As on a device, what had come in already is lost. */
        if (restarting) {
            boot();
            if (!options->quiet) return;
        }
    }
}

static void live(void)
{
    uint64_t nextLogMs = monotonic_ms() + options->logMs;
    while (!ended) {
        uint64_t nowMs = monotonic_ms();
        int waitMs = -1;
        if (options->logMs > 0) {
            if (nowMs >= nextLogMs) {
                log_reading();
                nextLogMs = nowMs + options->logMs;
            }
            waitMs = (int)(nextLogMs - nowMs);
        }
        uint8_t bytes[256];
        int32_t length = line_read(&line, bytes, sizeof bytes, waitMs);
        if (length < 0) return;
        take(bytes, (uint32_t)length);
    }
}

int device_run(const struct device_options *given, struct settings *kept)
{
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    options = given;
    settings = kept;
    if (!line_open(&line, given->link)) {
        (void)fprintf(stderr, "wasmote-parts: error: can't make the pseudo-terminal %s: %s\n", given->link,
                      strerror(errno));
        return EXIT_FAILURE;
    }
    boot();
    live();
    line_close(&line);
    return EXIT_SUCCESS;
}
