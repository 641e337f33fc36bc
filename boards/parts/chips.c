#include "chips.h"

#include <stddef.h>
#include <string.h>

#define PIN(number) (UINT64_C(1) << (number))
#define PINS(first, last) ((PIN((last) - (first) + 1) - 1) << (first))

/* Outputs, but the flash's and those of the serial line; as the chips' datasheets have them. */
static const struct settings_chip chips[] = {
    {"esp32", PIN(0) | PIN(2) | PINS(4, 5) | PINS(12, 19) | PINS(21, 23) | PINS(25, 27) | PINS(32, 33), 2, false, true},
    {"esp32c3", PINS(0, 10), 1, true, true},
    {"esp32s3", PINS(0, 18) | PIN(21) | PINS(38, 42) | PINS(45, 48), 2, true, true},
    {"esp32c6", PINS(0, 11) | PINS(14, 15) | PINS(18, 23), 1, true, false},
};

const struct settings_chip *chips_find(const char *name)
{
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (strcmp(name, chips[i].name) == 0) return &chips[i];
    return NULL;
}
