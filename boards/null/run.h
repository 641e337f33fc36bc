/** The measured loop, apart from what starts it: a PC's command line, or a board's reset. */
#ifndef WASMOTE_NULL_RUN_H
#define WASMOTE_NULL_RUN_H

#include <stdint.h>

#include "node.h"

struct null_run {
    struct node *node;
    uint32_t nowMs;
    uint64_t steps;
};

/** The node must have been set up. Runs it until it has published so often in all, and had every answer. @return NULL,
 * or why it does not get there. */
const char *null_run(struct null_run *run, uint32_t publishes);

#endif
