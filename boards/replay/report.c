#include "report.h"

#include <stdio.h>

static const char *const exportNames[TRACE_EXPORTS] = {
#define EXPORT_NAME(name, parameters, result, signature) #name,
    HAL_EXPORTS(EXPORT_NAME)
#undef EXPORT_NAME
};

static const char *const importNames[TRACE_IMPORTS] = {
#define IMPORT_NAME(name, parameters, result, signature) #name,
    HAL_IMPORTS(IMPORT_NAME)
#undef IMPORT_NAME
};

/* Bytes in hex, or a dash for none. */
static void put_bytes(const uint8_t *bytes, uint32_t length)
{
    if (length == 0) (void)putchar('-');
    for (uint32_t i = 0; i < length; i++)
        (void)printf("%02x", bytes[i]);
}

static void put_outcome(struct replay_outcome outcome)
{
    static const char *const names[] = {"returned", "trapped", "cut", "hung", "open"};
    uint32_t detail = outcome.end == TRACE_END_TRAPPED ? outcome.reason : outcome.waitMs;
    (void)printf("%s %lu", names[outcome.end], (unsigned long)detail);
}

void report_start(void)
{
    if (replay.events) (void)printf("start\t%s\n", replay.frame.image == NULL ? "fresh" : "image");
}

void report_call(void)
{
    if (!replay.events) return;
    (void)printf("call\t%lu\t%s\t%lu\t%lu\n", (unsigned long)replay.calls, exportNames[replay.frame.number],
                 (unsigned long)replay.frame.nowMs, (unsigned long)replay.frame.sleptMs);
}

void report_import(const struct observe_import *call)
{
    if (!replay.events) return;
    const struct trace_import_record *record = &replay.record;
    (void)printf("import\t%s\t", importNames[record->number]);
    if (record->hasResult) {
        (void)printf("%ld", (long)record->result);
    } else {
        (void)putchar('-');
    }
    (void)putchar('\t');
    for (uint32_t i = 0; i < traceShapes[record->number].count; i++)
        (void)printf("%s%lu", i == 0 ? "" : " ", (unsigned long)record->parameters[i]);
    (void)putchar('\t');
    uint32_t from = record->number == TRACE_config_get ? 0 : 1;
    bool gives = record->number == TRACE_net_send || record->number == TRACE_log || record->number == TRACE_config_get;
    uint32_t address = call->parameters[from];
    uint32_t length = gives ? call->parameters[from + 1] : 0;
    if ((uint64_t)address + length > call->memoryBytes) length = 0;
    put_bytes(call->memory + (length > 0 ? address : 0), length);
    (void)putchar('\t');
    put_bytes(record->handed, record->handedLength);
    (void)putchar('\n');
}

void report_end(void)
{
    if (!replay.events) return;
    (void)printf("end\t%s\t", exportNames[replay.frame.number]);
    put_outcome(replay.outcome);
    (void)putchar('\n');
}

void report_done(void)
{
    (void)printf("done\t%lu\t%lu\t", (unsigned long)replay.calls, (unsigned long)replay.steps);
    if (replay.calls == 0) {
        (void)printf("none");
    } else {
        put_outcome(replay.outcome);
    }
    if (replay.cutOff) {
        (void)printf("\t%lu\n", (unsigned long)replay.trace.offset);
    } else {
        (void)printf("\t-\n");
    }
}

/* False: there was a difference before this one. */
static bool begin_difference(void)
{
    if (replay.differs) return false;
    replay.differs = true;
    (void)printf("differs\t%lu\t%s\t%lu\t%lu\t", (unsigned long)replay.calls, exportNames[replay.frame.number],
                 (unsigned long)replay.frame.nowMs, (unsigned long)replay.frame.sleptMs);
    return true;
}

void report_other_import(const char *got, const char *expected)
{
    if (begin_difference()) (void)printf("import\t%lu\t%s\t%s\n", (unsigned long)replay.made, got, expected);
}

void report_other_end(struct replay_outcome expected)
{
    if (!begin_difference()) return;
    (void)printf("end\t");
    put_outcome(replay.outcome);
    (void)putchar('\t');
    put_outcome(expected);
    (void)putchar('\n');
}

void report_other_image(uint32_t at, uint8_t expected, uint8_t got, uint32_t count)
{
    if (begin_difference())
        (void)printf("image\t%lu\t%u\t%u\t%lu\n", (unsigned long)at, expected, got, (unsigned long)count);
}

void report_name(char text[REPORT_IMPORT_BYTES], uint32_t number, const uint32_t *parameters)
{
    switch (traceShapes[number].count) {
    case 0:
        (void)snprintf(text, REPORT_IMPORT_BYTES, "%s()", importNames[number]);
        return;
    case 1:
        (void)snprintf(text, REPORT_IMPORT_BYTES, "%s(%ld)", importNames[number], (long)(int32_t)parameters[0]);
        return;
    default:
        (void)snprintf(text, REPORT_IMPORT_BYTES, "%s(%ld, %ld)", importNames[number], (long)(int32_t)parameters[0],
                       (long)(int32_t)parameters[1]);
    }
}
