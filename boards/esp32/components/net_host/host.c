#include <stdio.h>

#include "network.h"
#include "uplink.h"

bool uplink_start(const struct settings *settings)
{
    (void)settings;
    network_up("this computer");
    return true;
}

void uplink_stop(void) {}

void uplink_describe(char *text, size_t capacity)
{
    (void)snprintf(text, capacity, "this computer's");
}
