#include "runner.h"

#include <stddef.h>

#include "abi.h"
#include "board.h"
#include "hal.h"

void runner_init(struct runner *runner, struct node *node)
{
    *runner = (struct runner){.node = node, .phase = RUNNER_FRESH, .backoffMs = RUNNER_BACKOFF_FIRST_MS};
}

static void enter(struct runner *runner, enum runner_phase phase, uint32_t nowMs, uint32_t durationMs)
{
    runner->phase = phase;
    runner->sinceMs = nowMs;
    runner->durationMs = durationMs;
}

/* The image may be damaged, so it is thrown away; the wait keeps a module that always traps from burning the battery.
 */
static uint32_t trapped(struct runner *runner, engine_trap trap, uint32_t nowMs)
{
    bool healthy = runner->phase == RUNNER_RUNNING && nowMs - runner->sinceMs >= RUNNER_HEALTHY_MS;
    uint32_t waitMs = healthy ? RUNNER_BACKOFF_FIRST_MS : runner->backoffMs;
    runner->backoffMs = waitMs < RUNNER_BACKOFF_MAX_MS / 2 ? waitMs * 2 : RUNNER_BACKOFF_MAX_MS;
    (void)hal_take_sleep();
    board_net_reset();
    board_trapped(trap, waitMs);
    enter(runner, RUNNER_TRAPPED, nowMs, waitMs);
    return waitMs;
}

static engine_trap start(struct runner *runner, uint32_t nowMs)
{
    board_watchdog_start();
    engine_trap trap = node_setup(runner->node);
    board_watchdog_stop();
    /* Also after a trap: it came while the node ran, for no time at all. */
    enter(runner, RUNNER_RUNNING, nowMs, 0);
    return trap;
}

static engine_trap wake(struct runner *runner, uint32_t nowMs)
{
    board_watchdog_start();
    engine_trap trap = node_resume(runner->node, nowMs, nowMs - runner->sinceMs);
    board_watchdog_stop();
    enter(runner, RUNNER_RUNNING, nowMs, 0);
    return trap;
}

static uint32_t step(struct runner *runner, uint32_t nowMs)
{
    uint32_t waitMs = 0;
    board_watchdog_start();
    engine_trap trap = node_step(runner->node, nowMs, &waitMs);
    board_watchdog_stop();
    if (trap != NULL) return trapped(runner, trap, nowMs);
    uint32_t sleepMs = hal_take_sleep();
    if (waitMs == HAL_STEP_ENDED) {
        runner->phase = RUNNER_OVER;
        return RUNNER_ENDED;
    }
    if (sleepMs == 0) return waitMs;
    board_net_reset();
    enter(runner, RUNNER_ASLEEP, nowMs, sleepMs);
    return sleepMs;
}

uint32_t runner_turn(struct runner *runner, uint32_t nowMs)
{
    engine_trap trap = NULL;
    uint32_t passedMs = nowMs - runner->sinceMs;
    switch (runner->phase) {
    case RUNNER_OVER:
        return RUNNER_ENDED;
    case RUNNER_ASLEEP:
        if (passedMs < runner->durationMs) return runner->durationMs - passedMs;
        trap = wake(runner, nowMs);
        break;
    case RUNNER_TRAPPED:
        if (passedMs < runner->durationMs) return runner->durationMs - passedMs;
        /* Without memory for a fresh image there is nothing to run; the watchdog's reset is the way out. */
        if (!node_reset(runner->node)) return trapped(runner, "out of memory", nowMs);
        trap = start(runner, nowMs);
        break;
    case RUNNER_FRESH:
        trap = start(runner, nowMs);
        break;
    case RUNNER_RUNNING:
        break;
    }
    return trap != NULL ? trapped(runner, trap, nowMs) : step(runner, nowMs);
}

void runner_stop(struct runner *runner, uint32_t nowMs)
{
    if (runner->phase == RUNNER_ASLEEP) {
        engine_trap trap = wake(runner, nowMs);
        if (trap != NULL) (void)trapped(runner, trap, nowMs);
    }
    /* A node that has not begun, or that trapped, has nobody to take leave of. */
    if (runner->phase != RUNNER_RUNNING) {
        runner->phase = RUNNER_OVER;
        return;
    }
    board_watchdog_start();
    engine_trap trap = node_stop(runner->node);
    board_watchdog_stop();
    if (trap == NULL) return;
    (void)trapped(runner, trap, nowMs);
    runner->phase = RUNNER_OVER;
}
