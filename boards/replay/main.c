/** wasmote-replay: runs a node again as a trace has it, under wasm3. README.md has what it prints. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal.h"
#include "node.h"
#include "observe.h"
#include "replay.h"
#include "report.h"
#include "trace_reader.h"

#define EXIT_DIFFERS 1
#define EXIT_USAGE 2
#define EXIT_REFUSED 3

/* Seconds that one call of the module may take: what a device's watchdog gives. */
#define WATCHDOG_S 5

#define MAX_MODULE_BYTES (1 << 20)
#define MAX_TRACE_BYTES (1 << 30)

struct replay replay;
static struct node node;

struct arguments {
    const char *trace;
    const char *module;
    const char *imageOut;
    uint32_t until;
    bool otherBuild;
    bool check;
};

static int fail(const char *what, const char *detail, int status)
{
    (void)fprintf(stderr, "wasmote-replay: error: %s%s\n", what, detail);
    return status;
}

/* NULL: it can't be read, or is too long. */
static uint8_t *read_file(const char *path, long most, uint32_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    uint8_t *bytes = NULL;
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (size >= 0 && size <= most && fseek(file, 0, SEEK_SET) == 0) bytes = malloc((size_t)size + 1);
    if (bytes != NULL && fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        free(bytes);
        bytes = NULL;
    }
    (void)fclose(file);
    *length = (uint32_t)size;
    return bytes;
}

/* The image ----------------------------------------------------------------------------------------------------------
 */

/* Puts what a call changed, or which bytes are hidden, into what is expected. */
static void apply_runs(struct trace_cursor runs)
{
    uint32_t end = 0;
    struct trace_run run;
    while (trace_take_run(&runs, &end, &run)) {
        if (run.bytes != NULL) memcpy(replay.expected + run.start, run.bytes, run.length);
        memset(replay.hidden + run.start, run.bytes == NULL, run.length);
    }
}

static bool begin_image(void)
{
    uint32_t size = node.metadata.imageSize;
    if (!node_reset(&node)) return false;
    if (replay.frame.image != NULL) memcpy(node_image(&node), replay.frame.image, size);
    memcpy(replay.expected, node_image(&node), size);
    memset(replay.hidden, 0, size);
    if (replay.frame.image != NULL) apply_runs(replay.frame.runs);
    report_start();
    return true;
}

static void compare_image(void)
{
    const uint8_t *image = node_image(&node);
    uint32_t first = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < node.metadata.imageSize; i++) {
        if (image[i] == replay.expected[i] || replay.hidden[i]) continue;
        if (count == 0) first = i;
        count++;
    }
    if (count > 0) report_other_image(first, replay.expected[first], image[first], count);
}

/* Calls --------------------------------------------------------------------------------------------------------------
 */

static void on_alarm(int number)
{
    (void)number;
    siglongjmp(replay.watchdog, 1);
}

static void run_call(void)
{
    uint32_t waitMs = 0;
    if (sigsetjmp(replay.watchdog, 1) != 0) {
        replay.outcome =
            (struct replay_outcome){.end = replay.frame.end == TRACE_END_OPEN ? TRACE_END_OPEN : TRACE_END_HUNG};
        return;
    }
    (void)alarm(WATCHDOG_S);
    switch (replay.frame.number) {
    case OBSERVE_SETUP:
        (void)node_setup(&node);
        break;
    case OBSERVE_STEP:
        (void)node_step(&node, replay.frame.nowMs, &waitMs);
        break;
    case OBSERVE_RESUME:
        (void)node_resume(&node, replay.frame.nowMs, replay.frame.sleptMs);
        break;
    default:
        (void)node_stop(&node);
    }
    (void)alarm(0);
    (void)hal_take_sleep();
    (void)hal_take_checkpoint();
}

static void miss_import(void)
{
    char expected[REPORT_IMPORT_BYTES];
    struct trace_import_record record = trace_take_import(&replay.imports);
    replay.made++;
    report_name(expected, record.number, record.parameters);
    report_other_import("none: the call ends before", expected);
}

/* Whether a trap is one that engines find at different places, of which one can't stop at the image's end. */
static bool is_overrun(void)
{
    return replay.frame.end == TRACE_END_TRAPPED && replay.frame.reason == TRACE_TRAP_OVERRUN &&
           replay.outcome.end == TRACE_END_TRAPPED && replay.outcome.reason == TRACE_TRAP_OUT_OF_BOUNDS;
}

static void compare(void)
{
    const struct trace_frame *frame = &replay.frame;
    const struct replay_outcome expected = {.end = frame->end, .waitMs = frame->waitMs, .reason = frame->reason};
    bool missing = replay.made < frame->importCount;
    if (replay.differs || is_overrun()) return;
    if (frame->end == TRACE_END_OPEN) {
        /* A trace that was cut off says nothing of how the call ended. */
        if (missing && replay.outcome.end != TRACE_END_OPEN) miss_import();
        return;
    }
    if (replay.outcome.end != expected.end || replay.outcome.waitMs != expected.waitMs ||
        replay.outcome.reason != expected.reason) {
        report_other_end(expected);
        return;
    }
    if (missing) {
        miss_import();
        return;
    }
    if (frame->end != TRACE_END_RETURNED && frame->end != TRACE_END_TRAPPED) return;
    apply_runs(frame->runs);
    /* An engine's stack has a depth of its own, and without a memory there is no image. */
    if (frame->reason == TRACE_TRAP_STACK_OVERFLOW || frame->reason == TRACE_TRAP_RESIZED) return;
    compare_image();
}

/* Returns whether the replay may go on. */
static bool do_frame(void)
{
    if (!replay.frame.isCall) return begin_image();
    replay.calls++;
    if (replay.frame.number == OBSERVE_STEP) replay.steps++;
    report_call();
    run_call();
    report_end();
    compare();
    return !replay.differs;
}

static int replay_all(const struct arguments *arguments)
{
    for (;;) {
        enum trace_status status = trace_next(&replay.trace, &replay.frame);
        if (status == TRACE_DAMAGED) {
            (void)fprintf(stderr, "wasmote-replay: error: the trace is damaged at offset %lu: %s\n",
                          (unsigned long)replay.trace.offset, replay.trace.what);
            return EXIT_USAGE;
        }
        replay.cutOff = status == TRACE_CUT_OFF;
        bool nothing = status == TRACE_END || (status == TRACE_CUT_OFF && !replay.frame.isCall);
        if (nothing || (replay.frame.isCall && replay.calls == arguments->until)) {
            replay.cutOff = replay.cutOff && nothing;
            break;
        }
        if ((!arguments->check && !do_frame()) || status == TRACE_CUT_OFF) break;
    }
    report_done();
    return replay.differs ? EXIT_DIFFERS : 0;
}

/* An image is for its owner alone, as a trace is. */
static bool write_image(const char *path)
{
    (void)umask(S_IRWXG | S_IRWXO);
    FILE *file = fopen(path, "wb");
    if (file == NULL) return false;
    uint32_t size = node.metadata.imageSize;
    bool written = fwrite(node_image(&node), 1, size, file) == size;
    return fclose(file) == 0 && written;
}

/* False: it is no command line. */
static bool parse(int argc, char **argv, struct arguments *arguments)
{
    *arguments = (struct arguments){.until = UINT32_MAX};
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (strcmp(argument, "--events") == 0) {
            replay.events = true;
        } else if (strcmp(argument, "--check") == 0) {
            arguments->check = true;
        } else if (strcmp(argument, "--other-build") == 0) {
            arguments->otherBuild = true;
        } else if (strcmp(argument, "--until") == 0 && i + 1 < argc) {
            arguments->until = (uint32_t)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argument, "--image-out") == 0 && i + 1 < argc) {
            arguments->imageOut = argv[++i];
        } else if (*argument != '-' && arguments->trace == NULL) {
            arguments->trace = argument;
        } else if (*argument != '-' && arguments->module == NULL) {
            arguments->module = argument;
        } else {
            return false;
        }
    }
    return arguments->module != NULL;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    if (!parse(argc, argv, &arguments)) {
        (void)fprintf(stderr, "usage: wasmote-replay <trace> <module.wasm> [--events] [--until CALL] "
                              "[--image-out FILE] [--other-build] [--check]\n");
        return EXIT_USAGE;
    }
    uint32_t traceLength = 0;
    uint32_t moduleLength = 0;
    uint8_t *trace = read_file(arguments.trace, MAX_TRACE_BYTES, &traceLength);
    if (trace == NULL) return fail("can't read the trace ", arguments.trace, EXIT_USAGE);
    /* Both stay where they are for as long as the program runs. */
    uint8_t *module = read_file(arguments.module, MAX_MODULE_BYTES, &moduleLength);
    if (module == NULL) return fail("can't read the module ", arguments.module, EXIT_USAGE);
    if (!trace_open(&replay.trace, trace, traceLength)) return fail("not a trace: ", replay.trace.what, EXIT_USAGE);

    struct refusal refusal;
    if (!node_load(&node, module, moduleLength, &refusal)) {
        char text[REFUSAL_TEXT_BYTES];
        refusal_describe(&refusal, text);
        return fail("", text, EXIT_REFUSED);
    }
    const struct trace_header *header = &replay.trace.header;
    bool same = memcmp(header->buildId, node.metadata.buildId, METADATA_BUILD_ID_BYTES) == 0;
    if (header->imageSize != node.metadata.imageSize || (!same && !arguments.otherBuild))
        return fail("the trace is of another module", "", EXIT_USAGE);

    struct sigaction action = {.sa_handler = on_alarm};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGALRM, &action, NULL);
    int status = replay_all(&arguments);
    if (arguments.imageOut != NULL && !write_image(arguments.imageOut))
        return fail("can't write the image ", arguments.imageOut, EXIT_USAGE);
    node_free(&node);
    free(trace);
    free(module);
    return status;
}
