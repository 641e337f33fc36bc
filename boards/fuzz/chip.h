/** The chip of those targets that check settings: it has everything, and the pins 0 to 17. */
#ifndef WASMOTE_FUZZ_CHIP_H
#define WASMOTE_FUZZ_CHIP_H

#include "settings.h"

extern const struct settings_chip fuzzChip;

#endif
