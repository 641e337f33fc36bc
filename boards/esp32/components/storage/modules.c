#include "modules.h"

#include <inttypes.h>

#include "esp_log.h"
#include "esp_partition.h"

#include "refusal.h"

#define PARTITION_SUBTYPE 0x41

static const char *const tag = "boot";

/* Mapped for as long as the firmware runs. NULL: there is no such partition, or it can't be mapped. */
static const uint8_t *map(const char *label, uint32_t *bytes)
{
    const void *address = NULL;
    esp_partition_mmap_handle_t handle;
    const esp_partition_t *partition =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, (esp_partition_subtype_t)PARTITION_SUBTYPE, label);
    if (partition == NULL) return NULL;
    if (esp_partition_mmap(partition, 0, partition->size, ESP_PARTITION_MMAP_DATA, &address, &handle) != ESP_OK)
        return NULL;
    *bytes = (uint32_t)partition->size;
    return address;
}

bool modules_load(struct modules *modules, struct node *node)
{
    static const char *const labels[MODULE_SLOTS] = {"module0", "module1"};
    const uint8_t *slots[MODULE_SLOTS];
    for (uint32_t i = 0; i < MODULE_SLOTS; i++) {
        uint32_t bytes = 0;
        slots[i] = map(labels[i], &bytes);
        modules->slots[i] = slots[i] != NULL ? module_slot_check(slots[i], bytes)
                                             : (struct module_slot){.state = MODULE_SLOT_UNREADABLE};
        if (modules->slots[i].state != MODULE_SLOT_VALID && modules->slots[i].state != MODULE_SLOT_EMPTY)
            ESP_LOGW(tag, "%s is %s", labels[i], module_slot_describe(modules->slots[i].state));
    }
    for (;;) {
        modules->running = module_slot_choose(modules->slots);
        if (modules->running == MODULE_SLOT_NONE) return false;
        struct module_slot *slot = &modules->slots[modules->running];
        struct refusal refusal;
        if (node_load(node, slots[modules->running] + MODULE_SLOT_HEADER_BYTES, slot->length, &refusal)) {
            ESP_LOGI(tag, "%s runs: %" PRIu32 " bytes, sequence %" PRIu32 ", image of %" PRIu32 " bytes",
                     labels[modules->running], slot->length, slot->sequence, node->metadata.imageSize);
            return true;
        }
        char why[REFUSAL_TEXT_BYTES];
        refusal_describe(&refusal, why);
        ESP_LOGE(tag, "%s is refused: %s", labels[modules->running], why);
        slot->state = MODULE_SLOT_REFUSED;
    }
}
