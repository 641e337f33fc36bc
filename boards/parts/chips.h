/** What the chips can do that the firmware is built for, as this program tells it to the settings. */
#ifndef WASMOTE_PARTS_CHIPS_H
#define WASMOTE_PARTS_CHIPS_H

#include "settings.h"

/** @return NULL if there is none of that name. */
const struct settings_chip *chips_find(const char *name);

#endif
