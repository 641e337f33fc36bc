#include "runner.h"

#include <stddef.h>
#include <stdio.h>

#include "abi.h"
#include "board.h"
#include "hal.h"

static void enter(struct runner *runner, enum runner_phase phase, uint32_t nowMs, uint32_t durationMs)
{
    runner->phase = phase;
    runner->sinceMs = nowMs;
    runner->durationMs = durationMs;
}

/* Bytes of a line, its NUL included. */
#define LINE_BYTES 128

static void say_failed(void)
{
    board_said(HAL_LOG_ERROR, "the checkpoint could not be written");
}

static void say_restored(const struct checkpoint_report *report)
{
    static const struct {
        enum hal_level level;
        const char *format;
    } lines[] = {
        [CHECKPOINT_RESTORED] = {HAL_LOG_INFO, "goes on from checkpoint %lu, %lu s old"},
        [CHECKPOINT_DAMAGED] = {HAL_LOG_ERROR, "no checkpoint is valid: a fresh start, and what was queued is lost"},
        [CHECKPOINT_OTHER_MODULE] = {HAL_LOG_WARNING,
                                     "checkpoint %lu is of a module with another layout: a fresh start"},
        [CHECKPOINT_OTHER_CONFIG] = {HAL_LOG_WARNING, "checkpoint %lu was made with other settings: a fresh start"},
        [CHECKPOINT_GIVEN_UP] = {HAL_LOG_ERROR, "the node failed after checkpoint %lu was resumed: a fresh start"},
    };
    char line[LINE_BYTES];
    if (report->damaged > 0) {
        (void)snprintf(line, sizeof line, "%lu of %lu checkpoints are damaged", (unsigned long)report->damaged,
                       (unsigned long)board_slots());
        board_said(HAL_LOG_WARNING, line);
    }
    if (report->outcome == CHECKPOINT_NONE) return;
    (void)snprintf(line, sizeof line, lines[report->outcome].format, (unsigned long)report->sequence,
                   (unsigned long)report->ageMs / 1000);
    board_said(lines[report->outcome].level, line);
}

/* The image is fresh: puts the newest checkpoint in its place, or gives up all of them if they are suspect. */
static void prepare(struct runner *runner, uint32_t nowMs)
{
    struct checkpoint_report report = {.outcome = CHECKPOINT_NONE};
    if (!runner->suspect) {
        report = checkpoint_restore(&runner->checkpoints, runner->node);
    } else if (checkpoint_find(&runner->checkpoints, runner->node, &report.sequence)) {
        report.outcome = CHECKPOINT_GIVEN_UP;
        if (checkpoint_forget(&runner->checkpoints, runner->node) < 0) say_failed();
    }
    runner->suspect = false;
    runner->resumed = report.outcome == CHECKPOINT_RESTORED;
    say_restored(&report);
    enter(runner, runner->resumed ? RUNNER_RESTORED : RUNNER_FRESH, nowMs, report.ageMs);
}

void runner_init(struct runner *runner, struct node *node, enum runner_start start)
{
    *runner =
        (struct runner){.node = node, .backoffMs = RUNNER_BACKOFF_FIRST_MS, .suspect = start == RUNNER_START_SUSPECT};
    prepare(runner, 0);
}

void runner_init_slept(struct runner *runner, struct node *node, uint32_t sleptMs)
{
    *runner = (struct runner){.node = node, .backoffMs = RUNNER_BACKOFF_FIRST_MS, .resumed = true};
    uint32_t sequence = 0;
    (void)checkpoint_find(&runner->checkpoints, node, &sequence);
    enter(runner, RUNNER_RESTORED, 0, sleptMs);
}

/*
 * The image may be damaged, so it is thrown away, and so is its checkpoint if that did not go well for long either. The
 * wait keeps a module that always traps from burning the battery.
 */
static uint32_t trapped(struct runner *runner, engine_trap trap, uint32_t nowMs)
{
    bool healthy = runner->phase == RUNNER_RUNNING && nowMs - runner->sinceMs >= RUNNER_HEALTHY_MS;
    uint32_t waitMs = healthy ? RUNNER_BACKOFF_FIRST_MS : runner->backoffMs;
    runner->backoffMs = waitMs < RUNNER_BACKOFF_MAX_MS / 2 ? waitMs * 2 : RUNNER_BACKOFF_MAX_MS;
    runner->suspect = runner->resumed && !healthy;
    (void)hal_take_sleep();
    (void)hal_take_checkpoint();
    board_net_reset();
    board_trapped(trap, waitMs);
    enter(runner, RUNNER_TRAPPED, nowMs, waitMs);
    return waitMs;
}

/* After a call of the module that returned: what was asked for is durable before the next. */
static void save(struct runner *runner)
{
    if (!hal_take_checkpoint()) return;
    if (checkpoint_write(&runner->checkpoints, runner->node) < 0) say_failed();
}

static engine_trap resume(struct runner *runner, uint32_t nowMs, uint32_t sleptMs)
{
    board_watchdog_start();
    engine_trap trap = node_resume(runner->node, nowMs, sleptMs);
    board_watchdog_stop();
    /* Also after a trap: it came while the node ran, for no time at all. */
    enter(runner, RUNNER_RUNNING, nowMs, 0);
    if (trap == NULL) save(runner);
    return trap;
}

/* The first call into a node whose image prepare() has seen to. */
static engine_trap start(struct runner *runner, uint32_t nowMs)
{
    if (runner->phase == RUNNER_RESTORED) return resume(runner, nowMs, runner->durationMs);
    board_watchdog_start();
    engine_trap trap = node_setup(runner->node);
    board_watchdog_stop();
    enter(runner, RUNNER_RUNNING, nowMs, 0);
    if (trap == NULL) save(runner);
    return trap;
}

static uint32_t step(struct runner *runner, uint32_t nowMs)
{
    uint32_t waitMs = 0;
    board_watchdog_start();
    engine_trap trap = node_step(runner->node, nowMs, &waitMs);
    board_watchdog_stop();
    if (trap != NULL) return trapped(runner, trap, nowMs);
    save(runner);
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
        trap = resume(runner, nowMs, passedMs);
        break;
    case RUNNER_TRAPPED:
        if (passedMs < runner->durationMs) return runner->durationMs - passedMs;
        /* Without memory for a fresh image there is nothing to run; the watchdog's reset is the way out. */
        if (!node_reset(runner->node)) return trapped(runner, "out of memory", nowMs);
        prepare(runner, nowMs);
        trap = start(runner, nowMs);
        break;
    case RUNNER_FRESH:
    case RUNNER_RESTORED:
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
        engine_trap trap = resume(runner, nowMs, nowMs - runner->sinceMs);
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
