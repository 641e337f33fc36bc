#include "checkpoints.h"

#include <stddef.h>

#include "esp_partition.h"

#include "abi.h"
#include "board.h"
#include "checkpoint.h"

#define PARTITION_SUBTYPE 0x42

static const esp_partition_t *partition;
static uint32_t slotBytes;

/* The partition holds slots of another size, of a module whose images are larger or smaller. */
static bool isForeign;

static const esp_partition_t *find(void)
{
    return esp_partition_find_first(ESP_PARTITION_TYPE_DATA, (esp_partition_subtype_t)PARTITION_SUBTYPE, "checkpoint");
}

static uint32_t slot_bytes_for(uint32_t imageSize)
{
    uint32_t sector = (uint32_t)partition->erase_size;
    uint32_t needed = CHECKPOINT_HEAD_BYTES + imageSize;
    return needed / sector * sector + (needed % sector != 0 ? sector : 0);
}

static bool has_other_slots(void)
{
    uint8_t head[CHECKPOINT_HEAD_BYTES];
    for (uint32_t at = 0; at < partition->size; at += (uint32_t)partition->erase_size) {
        if (esp_partition_read(partition, at, head, sizeof head) != ESP_OK) continue;
        uint32_t claimed = checkpoint_claims(head);
        if (claimed > 0 && claimed < partition->size && slot_bytes_for(claimed) != slotBytes) return true;
    }
    return false;
}

void checkpoints_init(uint32_t imageSize)
{
    partition = find();
    if (partition == NULL) return;
    slotBytes = slot_bytes_for(imageSize);
    isForeign = has_other_slots();
}

int32_t checkpoints_erase(void)
{
    const esp_partition_t *all = find();
    return all != NULL && esp_partition_erase_range(all, 0, all->size) == ESP_OK ? 0 : HAL_EIO;
}

/* With one slot only, a power cut while it is written would leave none. */
uint32_t board_slots(void)
{
    uint32_t slots = slotBytes > 0 ? (uint32_t)partition->size / slotBytes : 0;
    return slots >= 2 ? slots : 0;
}

uint32_t board_slot_bytes(void)
{
    return slotBytes;
}

int32_t board_slot_read(uint32_t slot, uint32_t offset, uint8_t *bytes, uint32_t length)
{
    return esp_partition_read(partition, (size_t)slot * slotBytes + offset, bytes, length) == ESP_OK ? 0 : HAL_EIO;
}

int32_t board_slot_write(uint32_t slot, const uint8_t *head, uint32_t headLength, const uint8_t *body,
                         uint32_t bodyLength)
{
    /* Else the other module, were it to come back, would take a checkpoint of long ago for its newest. */
    if (isForeign && checkpoints_erase() < 0) return HAL_EIO;
    isForeign = false;
    size_t at = (size_t)slot * slotBytes;
    bool written = esp_partition_erase_range(partition, at, slotBytes) == ESP_OK &&
                   esp_partition_write(partition, at, head, headLength) == ESP_OK &&
                   esp_partition_write(partition, at + headLength, body, bodyLength) == ESP_OK;
    return written ? 0 : HAL_EIO;
}
