#include "checkpoints.h"

#include <stddef.h>

#include "esp_partition.h"

#include "abi.h"
#include "board.h"
#include "checkpoint.h"

#define PARTITION_SUBTYPE 0x42

static const esp_partition_t *partition;
static uint32_t slotBytes;

static const esp_partition_t *find(void)
{
    return esp_partition_find_first(ESP_PARTITION_TYPE_DATA, (esp_partition_subtype_t)PARTITION_SUBTYPE, "checkpoint");
}

void checkpoints_init(uint32_t imageSize)
{
    partition = find();
    if (partition == NULL) return;
    uint32_t sector = (uint32_t)partition->erase_size;
    slotBytes = (CHECKPOINT_HEAD_BYTES + imageSize + sector - 1) / sector * sector;
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
    size_t at = (size_t)slot * slotBytes;
    bool written = esp_partition_erase_range(partition, at, slotBytes) == ESP_OK &&
                   esp_partition_write(partition, at, head, headLength) == ESP_OK &&
                   esp_partition_write(partition, at + headLength, body, bodyLength) == ESP_OK;
    return written ? 0 : HAL_EIO;
}
