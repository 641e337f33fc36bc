#include "run.h"

#include <stddef.h>

#include "abi.h"
#include "null.h"

/* A node that has not published by then never will: 100 steps a publish, and the steps of connecting. */
#define STEPS_PER_PUBLISH 100
#define STEPS_TO_CONNECT 10000

const char *null_run(struct null_run *run, uint32_t publishes)
{
    uint64_t maxSteps = (uint64_t)publishes * STEPS_PER_PUBLISH + STEPS_TO_CONNECT;
    while (run->steps < maxSteps) {
        uint32_t waitMs;
        engine_trap trap = node_step(run->node, run->nowMs, &waitMs);
        if (trap != NULL) return trap;
        run->steps++;
        if (null_deliver()) continue;
        if (nullPublishes >= publishes) return NULL;
        if (waitMs == HAL_STEP_ENDED) return "it ended";
        run->nowMs += waitMs;
    }
    return "it does not publish";
}
