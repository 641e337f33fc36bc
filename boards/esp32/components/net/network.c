#include "network.h"

#include <stdatomic.h>

#include "esp_log.h"

#include "clock.h"
#include "heap.h"
#include "net.h"

static const char *const tag = "net";

static atomic_bool up;

void network_up(const char *address)
{
    bool wasUp = atomic_exchange(&up, true);
    ESP_LOGI(tag, "the network is up, at %s", address);
    /* Another address: links from the old one end by themselves. */
    if (wasUp) return;
    heap_log("network up");
    clock_start();
    net_look();
}

void network_down(const char *why)
{
    if (!atomic_exchange(&up, false)) return;
    ESP_LOGW(tag, "the network is down: %s", why);
    net_look();
}

bool network_is_up(void)
{
    return atomic_load(&up);
}
