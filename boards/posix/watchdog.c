#include "watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "board.h"
#include "log.h"
#include "monotonic.h"
#include "recording.h"
#include "text.h"

/* Milliseconds between two looks. */
#define LOOK_MS 250

/* How a program that was started by a reset knows. */
#define RESETS_VARIABLE "WASMOTE_WATCHDOG_RESETS"
#define END_VARIABLE "WASMOTE_WATCHDOG_END_MS"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000

/* When the module was called; 0 while it is not running. */
static _Atomic uint64_t calledMs;
static atomic_uint resets;
static atomic_bool dying;
static _Atomic uint64_t programEndMs = UINT64_MAX;
static char **arguments;

void board_watchdog_start(void)
{
    atomic_store_explicit(&calledMs, monotonic_ms(), memory_order_relaxed);
}

void board_watchdog_stop(void)
{
    atomic_store_explicit(&calledMs, 0, memory_order_relaxed);
}

static void reset(void)
{
    log_line(HAL_LOG_ERROR, "watchdog: the module did not return within %d ms", WATCHDOG_MS);
    recording_hung();
    unsigned count = atomic_load(&resets) + 1;
    if (atomic_load(&dying) || monotonic_ms() >= atomic_load(&programEndMs)) _exit(1);
    if (count >= WATCHDOG_MAX_RESETS) {
        log_error("the module keeps hanging", "see the last lines of its log");
        _exit(1);
    }
    char text[32];
    (void)snprintf(text, sizeof text, "%u", count);
    (void)setenv(RESETS_VARIABLE, text, 1);
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)atomic_load(&programEndMs));
    (void)setenv(END_VARIABLE, text, 1);
    log_line(HAL_LOG_WARNING, "the device resets");
    /* This thread blocks every signal, and a program inherits that. */
    sigset_t none;
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
#ifdef __linux__
    (void)execv("/proc/self/exe", arguments);
#endif
    (void)execvp(arguments[0], arguments);
    log_error("the device can't reset", "start it again");
    _exit(1);
}

static void *watch(void *unused)
{
    (void)unused;
    for (;;) {
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
        uint64_t since = atomic_load_explicit(&calledMs, memory_order_relaxed);
        if (since != 0 && monotonic_ms() - since >= WATCHDOG_MS) reset();
    }
    return NULL;
}

bool watchdog_init(char **argv)
{
    arguments = argv;
    const char *text = getenv(RESETS_VARIABLE);
    uint32_t count = 0;
    if (text != NULL && text_to_u32(text, WATCHDOG_MAX_RESETS, &count)) atomic_store(&resets, count);
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, watch, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 && pthread_detach(thread) == 0;
}

uint32_t watchdog_backoff_ms(void)
{
    unsigned count = atomic_load(&resets);
    if (count == 0) return 0;
    uint32_t ms = BACKOFF_FIRST_MS << (count - 1);
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

bool watchdog_is_repeated(void)
{
    return atomic_load(&resets) > 1;
}

void watchdog_forgive(void)
{
    atomic_store(&resets, 0);
}

void watchdog_let_die(void)
{
    atomic_store(&dying, true);
}

uint64_t watchdog_end_at(uint64_t endMs)
{
    const char *text = getenv(END_VARIABLE);
    if (text != NULL && atomic_load(&resets) > 0) endMs = strtoull(text, NULL, 10);
    atomic_store(&programEndMs, endMs);
    return endMs;
}
