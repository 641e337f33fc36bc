/** Firmware for QEMU's RISC-V machine `virt`: one node, whose network is at the other end of the serial port. */

#include <stdbool.h>
#include <stdio.h>

#include "abi.h"
#include "board.h"
#include "bridge.h"
#include "clock.h"
#include "log.h"
#include "module.h"
#include "node.h"
#include "power.h"
#include "runner.h"
#include "sbrk.h"
#include "stack.h"
#include "watchdog.h"

/* Why the machine ends, for QEMU's exit code. */
enum status { STATUS_ENDED = 0, STATUS_FAILED = 1, STATUS_REFUSED = 3 };

/* Milliseconds that a node has to take its leave. */
#define STOP_MS 2000

static void log_memory(void)
{
    log_line(HAL_LOG_DEBUG, "heap %lu of %lu bytes, stack %lu of %lu bytes", (unsigned long)heap_peak_bytes(),
             (unsigned long)heap_bytes(), (unsigned long)stack_peak_bytes(), (unsigned long)stack_bytes());
    if (stack_peak_bytes() == stack_bytes()) log_line(HAL_LOG_ERROR, "the stack is used up");
}

static _Noreturn void end(enum status status)
{
    bridge_flush();
    power_off(status);
}

static void load(struct node *node)
{
    uint32_t length = 0;
    const uint8_t *module = module_find(&length);
    struct refusal refusal;
    if (module == NULL) {
        log_line(HAL_LOG_ERROR, "there is no module in flash");
        end(STATUS_REFUSED);
    }
    if (!node_load(node, module, length, &refusal)) {
        char why[REFUSAL_TEXT_BYTES];
        refusal_describe(&refusal, why);
        log_line(HAL_LOG_ERROR, "%s", why);
        end(refusal.reason == REFUSAL_NO_MEMORY ? STATUS_FAILED : STATUS_REFUSED);
    }
}

/* After a reset; it ends early if the node is to end. */
static void wait_for_backoff(void)
{
    uint64_t untilMs = clock_ms() + watchdog_backoff_ms();
    while (clock_ms() < untilMs && !bridge_stopping()) {
        bridge_wait(untilMs);
        (void)bridge_poll();
    }
}

static void run(struct node *node)
{
    struct runner runner;
    runner_init(&runner, node, watchdog_is_repeated() ? RUNNER_START_SUSPECT : RUNNER_START_NORMAL);
    uint64_t startedMs = clock_ms();
    uint64_t endMs = UINT64_MAX;
    for (;;) {
        uint64_t nowMs = clock_ms();
        if (nowMs - startedMs >= RUNNER_HEALTHY_MS) watchdog_forgive();
        if (bridge_stopping() && endMs == UINT64_MAX) {
            endMs = nowMs + STOP_MS;
            runner_stop(&runner, (uint32_t)nowMs);
        } else if (nowMs >= endMs) {
            log_line(HAL_LOG_WARNING, "the node did not take its leave within %d ms", STOP_MS);
            return;
        }
        uint32_t waitMs = runner_turn(&runner, (uint32_t)nowMs);
        if (waitMs == RUNNER_ENDED) return;
        uint64_t untilMs = nowMs + waitMs;
        if (untilMs > endMs) untilMs = endMs;
        while (!bridge_poll() && clock_ms() < untilMs)
            bridge_wait(untilMs);
    }
}

int main(void)
{
    static struct node node;
    bridge_init();
    load(&node);
    log_memory();
    wait_for_backoff();
    run(&node);
    log_memory();
    end(STATUS_ENDED);
}
