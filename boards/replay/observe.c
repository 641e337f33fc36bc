/** Compares what the module does with what it did then. */
#include "observe.h"

#include <stddef.h>

#include "report.h"

/* Whether the call ended then without the module's own doing: what it would have done next was not recorded. */
static bool is_open_ended(void)
{
    const struct trace_frame *frame = &replay.frame;
    return frame->end == TRACE_END_OPEN || frame->end == TRACE_END_CUT || frame->end == TRACE_END_HUNG;
}

static bool is_same(const struct observe_import *call)
{
    const struct trace_shape *shape = &traceShapes[call->number];
    if (replay.record.number != call->number) return false;
    for (uint32_t i = 0; i < shape->count; i++)
        if (replay.record.parameters[i] != call->parameters[shape->index[i]]) return false;
    return true;
}

static void name(char text[REPORT_IMPORT_BYTES], const struct observe_import *call)
{
    const struct trace_shape *shape = &traceShapes[call->number];
    uint32_t parameters[TRACE_PARAMETERS] = {0};
    for (uint32_t i = 0; i < shape->count; i++)
        parameters[i] = call->parameters[shape->index[i]];
    report_name(text, call->number, parameters);
}

/* The call of the export ends here. */
static bool stop(void)
{
    replay.stopped = true;
    return false;
}

void observe_call(const struct node *node, enum observe_export number, uint32_t nowMs, uint32_t sleptMs)
{
    (void)node, (void)number, (void)nowMs, (void)sleptMs;
    replay.imports = replay.frame.imports;
    replay.made = 0;
    replay.stopped = false;
}

bool observe_import(const struct observe_import *call)
{
    char got[REPORT_IMPORT_BYTES];
    char expected[REPORT_IMPORT_BYTES];
    name(got, call);
    replay.made++;
    if (replay.made > replay.frame.importCount) {
        if (!is_open_ended()) report_other_import(got, "none");
        return stop();
    }
    replay.record = trace_take_import(&replay.imports);
    if (!is_same(call)) {
        report_name(expected, replay.record.number, replay.record.parameters);
        report_other_import(got, expected);
        return stop();
    }
    if (replay.record.hasResult) return true;
    report_import(call);
    return stop();
}

bool observe_imported(const struct observe_import *call, const int32_t *result)
{
    if (result != NULL && *result == replay.record.result) {
        report_import(call);
        return true;
    }
    char got[REPORT_IMPORT_BYTES];
    name(got, call);
    report_other_import(result == NULL ? "one with a pointer outside the image" : "one with another result", got);
    return stop();
}

void observe_end(const struct node *node, engine_trap trap, uint32_t waitMs)
{
    (void)node;
    replay.outcome = (struct replay_outcome){.end = TRACE_END_RETURNED, .waitMs = waitMs};
    if (replay.differs) replay.outcome = (struct replay_outcome){.end = TRACE_END_OPEN};
    if (trap == NULL || replay.differs) return;
    /* A host call stopped it where it was stopped then. */
    bool same = replay.stopped && replay.frame.end != TRACE_END_RETURNED;
    replay.outcome.end = same ? replay.frame.end : TRACE_END_TRAPPED;
    replay.outcome.reason = same ? replay.frame.reason : (uint8_t)trace_trap_of(trap);
    replay.outcome.waitMs = 0;
}
