#include <inttypes.h>

#include "console.h"
#include "firmware.h"
#include "heap.h"
#include "monotonic.h"
#include "net.h"
#include "network.h"
#include "uplink.h"

#define UPLINK_BYTES 96

static const char *state_text(enum firmware_state state)
{
    switch (state) {
    case FIRMWARE_STARTING:
        return "starting";
    case FIRMWARE_BACKING_OFF:
        return "waiting after failures";
    case FIRMWARE_RUNNING:
        return "running";
    case FIRMWARE_SAFE:
        return "safe: no module can run";
    case FIRMWARE_ENDED:
        return "the node has ended";
    }
    return "";
}

static const char *broker_text(void)
{
    switch (net_broker()) {
    case NET_BROKER_NONE:
        return "not connected";
    case NET_BROKER_CONNECTING:
        return "connecting";
    case NET_BROKER_OPEN:
        return "connected";
    }
    return "";
}

void status_answer(void *context, struct console *console)
{
    const struct firmware *firmware = context;
    enum firmware_state state = atomic_load(&firmware->state);
    char id[SETTINGS_ID_BYTES];
    char uplink[UPLINK_BYTES] = "off";
    if (settings_get(&firmware->settings, "id", id, sizeof id) < 0) id[0] = '\0';
    if (state != FIRMWARE_SAFE && state != FIRMWARE_STARTING) uplink_describe(uplink, sizeof uplink);
    console_answer(console, "state: %s", state_text(state));
    console_answer(console, "id: %s", id);
    if (firmware->modules.running == MODULE_SLOT_NONE || state == FIRMWARE_STARTING) {
        console_answer(console, "module: none");
    } else {
        console_answer(console, "module: slot %" PRId32 ", sequence %" PRIu32, firmware->modules.running,
                       firmware->modules.slots[firmware->modules.running].sequence);
    }
    console_answer(console, "network: %s", uplink);
    console_answer(console, "broker: %s", broker_text());
    console_answer(console, "uptime: %" PRIu32 " s", (uint32_t)(monotonic_ms() / 1000));
}

void status_answer_heap(void *context, struct console *console)
{
    (void)context;
    struct heap_figures figures = heap_figures();
    console_answer(console, "free: %" PRIu32, figures.free);
    console_answer(console, "largest block: %" PRIu32, figures.largest);
    console_answer(console, "least ever: %" PRIu32, figures.least);
}

void status_answer_module(void *context, struct console *console)
{
    const struct firmware *firmware = context;
    if (atomic_load(&firmware->state) == FIRMWARE_STARTING) return;
    for (uint32_t i = 0; i < MODULE_SLOTS; i++) {
        const struct module_slot *slot = &firmware->modules.slots[i];
        console_answer(console, "slot %" PRIu32 ": %s, sequence %" PRIu32 ", %" PRIu32 " bytes%s", i,
                       module_slot_describe(slot->state), slot->sequence, slot->length,
                       (int32_t)i == firmware->modules.running ? ", running" : "");
    }
}
