/**
 * Runs a node for its whole life: setup or resume, steps, checkpoints, sleep, another start after a trap. It keeps no
 * time of its own and never waits. A board's main loop is
 *
 *     for (;;) {
 *         uint32_t waitMs = runner_turn(&runner, monotonic_ms());
 *         if (waitMs == RUNNER_ENDED) break;
 *         wait until a link has bytes or changes its state, or for waitMs milliseconds
 *     }
 *
 * Waking early is harmless. All times are u32 milliseconds that wrap at 2^32; a turn must come at least once in 49
 * days.
 */
#ifndef WASMOTE_RUNNER_H
#define WASMOTE_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "checkpoint.h"
#include "node.h"

/** What runner_turn() returns when the node has ended. */
#define RUNNER_ENDED UINT32_MAX

/** Milliseconds from the first trap to the restart; it doubles with each further trap up to the maximum. */
#define RUNNER_BACKOFF_FIRST_MS 1000
#define RUNNER_BACKOFF_MAX_MS 60000

/** Milliseconds without a trap after which the next one counts as the first again. */
#define RUNNER_HEALTHY_MS 60000

enum runner_phase { RUNNER_FRESH, RUNNER_RESTORED, RUNNER_RUNNING, RUNNER_ASLEEP, RUNNER_TRAPPED, RUNNER_OVER };

struct runner {
    struct node *node;
    enum runner_phase phase;
    /**
     * When this phase began, and how long it lasts if it is RUNNER_ASLEEP or RUNNER_TRAPPED; if it is RUNNER_RESTORED,
     * how long ago the image's last step was.
     */
    uint32_t sinceMs;
    uint32_t durationMs;
    struct checkpoints checkpoints;
    /** This life began with an image that was restored. */
    bool resumed;
    /** The next start is to be on a fresh image, and so are all after it until the node asks for a checkpoint. */
    bool suspect;
    /** The next wait after a trap. */
    uint32_t backoffMs;
};

/** What a board knows, when it starts, of how the life before ended. */
enum runner_start {
    /** In no way that speaks against its last checkpoint, if there is one. */
    RUNNER_START_NORMAL,
    /** The watchdog ended it soon after it had resumed: the image itself may be why. Its checkpoints are given up. */
    RUNNER_START_SUSPECT,
};

/** The node must be loaded; its image is fresh. Restores the newest checkpoint, and says what became of it. */
void runner_init(struct runner *runner, struct node *node, enum runner_start start);

/**
 * The same where the board itself has put the image in place, from memory that outlasts deep sleep: the node resumes
 * `sleptMs` after its last step.
 */
void runner_init_slept(struct runner *runner, struct node *node, uint32_t sleptMs);

/** Does what is due. @return milliseconds until the next turn if nothing happens before, or RUNNER_ENDED. */
uint32_t runner_turn(struct runner *runner, uint32_t nowMs);

/** Asks the node to take its leave. The board bounds how many turns it gives it for that. */
void runner_stop(struct runner *runner, uint32_t nowMs);

#endif
