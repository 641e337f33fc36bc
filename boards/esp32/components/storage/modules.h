/** The module slots: module_slot.h has the format. A module stays in flash while it runs. */
#ifndef WASMOTE_ESP32_MODULES_H
#define WASMOTE_ESP32_MODULES_H

#include <stdbool.h>

#include "module_slot.h"
#include "node.h"

struct modules {
    struct module_slot slots[MODULE_SLOTS];
    /** The slot whose module runs, or MODULE_SLOT_NONE. */
    int32_t running;
};

/**
 * Loads the newest module that is whole and that this board takes; the log says what is wrong with the others.
 *
 * @return false if there is none, and nothing is loaded.
 */
bool modules_load(struct modules *modules, struct node *node);

#endif
