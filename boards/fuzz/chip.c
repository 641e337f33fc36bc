#include "chip.h"

const struct settings_chip fuzzChip = {
    .name = "fuzz", .pins = UINT64_C(0x3ffff), .buses = 2, .internal = true, .ds18b20 = true};
