#include "devices.h"

#include <stdlib.h>

#include "actuators.h"
#include "sensors.h"

void devices_init(const struct settings *settings)
{
    char *workspace = malloc(SETTINGS_VALUE_BYTES);
    if (workspace == NULL) return;
    sensors_init(settings, workspace);
    actuators_init(settings, workspace);
    free(workspace);
}
