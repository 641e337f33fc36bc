/** What the firmware's parts know of each other: one node, its settings, its module. */
#ifndef WASMOTE_ESP32_FIRMWARE_H
#define WASMOTE_ESP32_FIRMWARE_H

#include <stdatomic.h>
#include <stdint.h>

#include "modules.h"
#include "node.h"
#include "settings.h"

enum firmware_state {
    FIRMWARE_STARTING,
    /** The last lives of the node were short: it waits before the next. */
    FIRMWARE_BACKING_OFF,
    FIRMWARE_RUNNING,
    /** No module runs, and the console answers. */
    FIRMWARE_SAFE,
    /** The node has ended by itself. */
    FIRMWARE_ENDED,
};

struct firmware {
    struct settings settings;
    struct modules modules;
    struct node node;
    /** For `status`, which asks from another task. */
    _Atomic enum firmware_state state;
};

/** Runs the node for as long as it lives; the calling task is the node's. */
void node_loop(struct firmware *firmware);

/** Starts the task that answers on the serial line. `firmware` must live as long as it. */
void console_start(struct firmware *firmware);

/** Milliseconds since something was typed; UINT32_MAX: nothing ever was. */
uint32_t console_idle_ms(void);

struct console;

/** The answers of `status`, `heap` and `module`; `context` is the firmware. */
void status_answer(void *context, struct console *console);
void status_answer_heap(void *context, struct console *console);
void status_answer_module(void *context, struct console *console);

#endif
