/** wasmote-posix: one node on Linux or macOS, under the engine and the code that a device runs. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices.h"
#include "log.h"
#include "monotonic.h"
#include "net.h"
#include "node.h"
#include "options.h"
#include "recording.h"
#include "runner.h"
#include "storage.h"
#include "transport.h"
#include "watchdog.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_REFUSED 3

/* Milliseconds that a node has to take its leave, and then its last bytes to be delivered. */
#define STOP_MS 2000
#define DELIVER_MS 1000

#define MAX_MODULE_BYTES (1 << 20)

static volatile sig_atomic_t signals;

/* The second one ends a program that does not. */
static void on_signal(int number)
{
    if (signals > 0) _exit(128 + number);
    signals = 1;
    watchdog_let_die();
    net_wake();
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    /* A socket's error comes back from send(). */
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

/* The module's bytes live as long as the program. NULL, and a message, if they can't be read. */
static uint8_t *read_module(const char *path, uint32_t *length)
{
    char text[512];
    struct stat status;
    uint8_t *bytes = NULL;
    FILE *file = fopen(path, "rb");
    if (file != NULL && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size <= MAX_MODULE_BYTES) {
        size_t size = (size_t)status.st_size;
        bytes = malloc(size + 1);
        if (bytes != NULL && fread(bytes, 1, size, file) != size) {
            free(bytes);
            bytes = NULL;
        }
        *length = (uint32_t)size;
    }
    if (file != NULL) (void)fclose(file);
    if (bytes != NULL) return bytes;
    (void)snprintf(text, sizeof text, "can't read the module %.200s", path);
    log_error(text, "build it with `npm run build`, or check its path");
    return NULL;
}

static void refuse(const char *path, const struct refusal *refusal)
{
    char why[REFUSAL_TEXT_BYTES];
    char text[REFUSAL_TEXT_BYTES + 256];
    refusal_describe(refusal, why);
    (void)snprintf(text, sizeof text, "%.200s: %s", path, why);
    log_error(text, refusal->reason == REFUSAL_ABI_VERSION ? "build the module with this version of wasmote"
                                                           : "build it with `npm run build`");
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* After the watchdog's reset. False if the program is asked to end meanwhile. */
static bool wait_for_backoff(void)
{
    uint64_t untilMs = monotonic_ms() + watchdog_backoff_ms();
    for (uint64_t nowMs = monotonic_ms(); nowMs < untilMs && signals == 0; nowMs = monotonic_ms())
        net_wait((uint32_t)(untilMs - nowMs));
    return signals == 0;
}

/* Times are of monotonic_ms(), which does not wrap; the node sees the low 32 bits of it. */
static void run(struct node *node, uint64_t endMs)
{
    struct runner runner;
    runner_init(&runner, node, watchdog_is_repeated() ? RUNNER_START_SUSPECT : RUNNER_START_NORMAL);
    uint64_t startedMs = monotonic_ms();
    bool stopping = false;
    for (;;) {
        uint64_t nowMs = monotonic_ms();
        if (nowMs - startedMs >= RUNNER_HEALTHY_MS) watchdog_forgive();
        if (!stopping && (signals > 0 || nowMs >= endMs)) {
            stopping = true;
            endMs = nowMs + STOP_MS;
            watchdog_let_die();
            runner_stop(&runner, (uint32_t)nowMs);
        } else if (nowMs >= endMs) {
            log_line(HAL_LOG_WARNING, "the node did not take its leave within %d ms", STOP_MS);
            return;
        }
        uint32_t waitMs = runner_turn(&runner, (uint32_t)nowMs);
        if (waitMs == RUNNER_ENDED) return;
        net_wait(least(waitMs, (uint32_t)(endMs - nowMs < UINT32_MAX ? endMs - nowMs : UINT32_MAX)));
    }
}

int main(int argc, char **argv)
{
    static struct options options;
    switch (options_parse(argc, argv, &options)) {
    case OPTIONS_DONE:
        return 0;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    log_init(options.logLevel, options.id, options.password);
    devices_init(&options);
    (void)atexit(transport_finish);
    struct transport_problem problem;
    if (!transport_init(&options.tls, options.endpoints, options.endpointCount, &problem)) {
        log_error(problem.what, problem.cure);
        return EXIT_USAGE;
    }

    char text[512];
    const char *unusable = storage_open(options.imageFile, text, sizeof text);
    if (unusable != NULL) {
        log_error(unusable, "give another file with --image");
        return EXIT_FAILED;
    }

    uint32_t length = 0;
    uint8_t *module = read_module(options.module, &length);
    if (module == NULL) return EXIT_FAILED;
    static struct node node;
    struct refusal refusal;
    if (!node_load(&node, module, length, &refusal)) {
        refuse(options.module, &refusal);
        free(module);
        return refusal.reason == REFUSAL_NO_MEMORY ? EXIT_FAILED : EXIT_REFUSED;
    }
    if (!net_init(options.endpoints, options.endpointCount) || !watchdog_init(argv)) {
        log_error("the operating system gives no pipe or no thread", "end other programs");
        return EXIT_FAILED;
    }
    /* After the watchdog, which knows whether the trace of before goes on. */
    unusable = recording_init(&options, &node, text, sizeof text);
    if (unusable != NULL) {
        log_error(unusable, "give another file, or a longer password");
        return EXIT_FAILED;
    }
    catch_signals();
    uint64_t endMs = watchdog_end_at(options.durationMs == 0 ? UINT64_MAX : monotonic_ms() + options.durationMs);
    if (wait_for_backoff()) run(&node, endMs);
    net_finish(DELIVER_MS);
    node_free(&node);
    free(module);
    return 0;
}
