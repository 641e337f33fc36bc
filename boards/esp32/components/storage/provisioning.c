#include "provisioning.h"

#include <inttypes.h>
#include <stdlib.h>

#include "esp_log.h"
#include "esp_partition.h"

#include "provision.h"

#define PARTITION_SUBTYPE 0x40
#define PIECE_BYTES 256

static const char *const tag = "provision";

static enum provision_outcome read_all(struct provision *provision, const esp_partition_t *partition)
{
    uint8_t piece[PIECE_BYTES];
    for (uint32_t at = 0; at < partition->size; at += sizeof piece) {
        if (esp_partition_read(partition, at, piece, sizeof piece) != ESP_OK) break;
        if (!provision_feed(provision, piece, sizeof piece)) break;
    }
    return provision_end(provision);
}

static void import(struct provision *provision, const esp_partition_t *partition, const struct settings *settings)
{
    provision_init(provision, settings, NULL, NULL);
    enum provision_outcome outcome = read_all(provision, partition);
    if (outcome == PROVISION_NOTHING) return;
    if (outcome == PROVISION_DONE) {
        provision_init(provision, settings, provision_store, (void *)settings);
        outcome = read_all(provision, partition);
    }
    char text[SETTINGS_TEXT_BYTES];
    provision_describe(provision, text);
    if (outcome != PROVISION_DONE) {
        ESP_LOGE(tag, "%s", text);
        return;
    }
    ESP_LOGI(tag, "%s", text);
    /* It may hold passwords. */
    if (esp_partition_erase_range(partition, 0, partition->size) != ESP_OK) ESP_LOGE(tag, "it could not be erased");
}

void provisioning_import(const struct settings *settings)
{
    const esp_partition_t *partition =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, (esp_partition_subtype_t)PARTITION_SUBTYPE, "provision");
    struct provision *provision = malloc(sizeof *provision);
    if (partition != NULL && provision != NULL) import(provision, partition, settings);
    free(provision);
}
