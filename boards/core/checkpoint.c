#include "checkpoint.h"

#include <stddef.h>
#include <string.h>

#include "abi.h"
#include "board.h"
#include "crc32.h"
#include "little.h"

/* Where the fields of a head are. */
#define AT_SEQUENCE 4
#define AT_LAYOUT 8
#define AT_CONFIG 12
#define AT_LENGTH 16
#define AT_UNIX_MS 20
#define AT_CRC 28

static const uint8_t magic[4] = {'W', 'M', 'C', 'K'};

/* Bytes of a slot that are on the stack at a time. */
#define CHUNK_BYTES 64

/* An age beyond this is cut: what a node does with it is the same, and its arithmetic stays far from the wrap. */
#define MAX_AGE_MS UINT32_C(0x3fffffff)

/* What is in a slot. `valid`: all of it fits its head. */
struct candidate {
    bool blank;
    bool valid;
    uint32_t slot;
    uint8_t head[CHECKPOINT_HEAD_BYTES];
};

static uint32_t field(const uint8_t *head, uint32_t at)
{
    return little_u32(head + at);
}

static int64_t unix_ms(void)
{
    int64_t unixMs = 0;
    return board_clock_unix_ms(&unixMs) >= 0 ? unixMs : 0;
}

/* `length` 0 makes the head of a checkpoint that is not to be resumed. */
static void make_head(const struct node *node, uint32_t sequence, uint32_t length, uint8_t *head)
{
    int64_t unixMs = unix_ms();
    memcpy(head, magic, sizeof magic);
    little_put_u32(head + AT_SEQUENCE, sequence);
    little_put_u32(head + AT_LAYOUT, node->metadata.layoutId);
    little_put_u32(head + AT_CONFIG, board_config_id());
    little_put_u32(head + AT_LENGTH, length);
    little_put_u32(head + AT_UNIX_MS, (uint32_t)unixMs);
    little_put_u32(head + AT_UNIX_MS + 4, (uint32_t)((uint64_t)unixMs >> 32));
    little_put_u32(head + AT_CRC, crc32(crc32(0, head, AT_CRC), node_image(node), length));
}

void checkpoint_seal(const struct node *node, uint32_t sequence, uint8_t head[CHECKPOINT_HEAD_BYTES])
{
    make_head(node, sequence, node->metadata.imageSize, head);
}

bool checkpoint_is_sealed(const struct node *node, const uint8_t head[CHECKPOINT_HEAD_BYTES], const uint8_t *image)
{
    uint32_t length = node->metadata.imageSize;
    return memcmp(head, magic, sizeof magic) == 0 && field(head, AT_LENGTH) == length &&
           field(head, AT_LAYOUT) == node->metadata.layoutId && field(head, AT_CONFIG) == board_config_id() &&
           field(head, AT_CRC) == crc32(crc32(0, head, AT_CRC), image, length);
}

uint32_t checkpoint_claims(const uint8_t head[CHECKPOINT_HEAD_BYTES])
{
    return memcmp(head, magic, sizeof magic) == 0 ? field(head, AT_LENGTH) : 0;
}

/* Storage that was never written, or was erased, has all its bits alike. */
static bool is_blank(const uint8_t *head)
{
    if (head[0] != 0x00 && head[0] != 0xff) return false;
    for (uint32_t i = 1; i < CHECKPOINT_HEAD_BYTES; i++)
        if (head[i] != head[0]) return false;
    return true;
}

/* The CRC of a slot's image as it is stored. False: the storage failed. */
static bool stored_crc(uint32_t slot, uint32_t length, uint32_t *crc)
{
    uint8_t chunk[CHUNK_BYTES];
    for (uint32_t done = 0; done < length;) {
        uint32_t part = length - done < CHUNK_BYTES ? length - done : CHUNK_BYTES;
        if (board_slot_read(slot, CHECKPOINT_HEAD_BYTES + done, chunk, part) < 0) return false;
        *crc = crc32(*crc, chunk, part);
        done += part;
    }
    return true;
}

static struct candidate look_at(uint32_t slot)
{
    struct candidate found = {0};
    if (board_slot_read(slot, 0, found.head, CHECKPOINT_HEAD_BYTES) < 0) return found;
    found.blank = is_blank(found.head);
    uint32_t length = field(found.head, AT_LENGTH);
    if (found.blank || memcmp(found.head, magic, sizeof magic) != 0) return found;
    if (length > board_slot_bytes() - CHECKPOINT_HEAD_BYTES) return found;
    uint32_t crc = crc32(0, found.head, AT_CRC);
    found.valid = stored_crc(slot, length, &crc) && crc == field(found.head, AT_CRC);
    return found;
}

/* Sequence numbers wrap. */
static bool is_newer(const uint8_t *head, const uint8_t *than)
{
    return (int32_t)(field(head, AT_SEQUENCE) - field(than, AT_SEQUENCE)) > 0;
}

static uint32_t age_ms(const uint8_t *head)
{
    uint64_t low = field(head, AT_UNIX_MS);
    int64_t then = (int64_t)(low | (uint64_t)field(head, AT_UNIX_MS + 4) << 32);
    int64_t now = unix_ms();
    /* A clock that was set back tells nothing. The difference is taken only where it can't overflow. */
    if (then <= 0 || now <= then) return 0;
    int64_t age = now - then;
    return age < MAX_AGE_MS ? (uint32_t)age : MAX_AGE_MS;
}

static enum checkpoint_outcome put_in_place(const struct node *node, uint32_t slot, const uint8_t *head)
{
    uint32_t length = node->metadata.imageSize;
    if (field(head, AT_LENGTH) == 0) return CHECKPOINT_GIVEN_UP;
    if (field(head, AT_LAYOUT) != node->metadata.layoutId || field(head, AT_LENGTH) != length)
        return CHECKPOINT_OTHER_MODULE;
    if (field(head, AT_CONFIG) != board_config_id()) return CHECKPOINT_OTHER_CONFIG;
    uint8_t *image = node_image(node);
    if (board_slot_read(slot, CHECKPOINT_HEAD_BYTES, image, length) >= 0 && checkpoint_is_sealed(node, head, image))
        return CHECKPOINT_RESTORED;
    /* It was valid a moment ago: the storage itself fails. */
    node_clear(node);
    return CHECKPOINT_DAMAGED;
}

/* Where to write after a write into `slot`. However many writes fail, none of them touches the newest checkpoint. */
static uint32_t slot_behind(const struct checkpoints *checkpoints, uint32_t slot)
{
    uint32_t next = (slot + 1) % checkpoints->slots;
    return next == checkpoints->newest ? (next + 1) % checkpoints->slots : next;
}

/* The newest valid checkpoint; `checkpoints` then says where the one after it goes. */
static struct candidate find_newest(struct checkpoints *checkpoints, const struct node *node, uint32_t *damaged)
{
    struct candidate newest = {0};
    uint32_t slots = board_slots();
    *checkpoints = (struct checkpoints){.newest = CHECKPOINT_NO_SLOT};
    if (slots < 2 || board_slot_bytes() < CHECKPOINT_HEAD_BYTES + node->metadata.imageSize) return newest;
    checkpoints->slots = slots;
    for (uint32_t slot = 0; slot < slots; slot++) {
        struct candidate found = look_at(slot);
        if (!found.valid && !found.blank) *damaged += 1;
        if (!found.valid || (newest.valid && !is_newer(found.head, newest.head))) continue;
        newest = found;
        newest.slot = slot;
    }
    if (!newest.valid) return newest;
    checkpoints->newest = newest.slot;
    checkpoints->slot = slot_behind(checkpoints, newest.slot);
    checkpoints->sequence = field(newest.head, AT_SEQUENCE) + 1;
    return newest;
}

struct checkpoint_report checkpoint_restore(struct checkpoints *checkpoints, const struct node *node)
{
    struct checkpoint_report report = {.outcome = CHECKPOINT_NONE};
    struct candidate newest = find_newest(checkpoints, node, &report.damaged);
    if (newest.valid) {
        report.sequence = field(newest.head, AT_SEQUENCE);
        report.ageMs = age_ms(newest.head);
        report.outcome = put_in_place(node, newest.slot, newest.head);
    } else if (report.damaged > 0) {
        report.outcome = CHECKPOINT_DAMAGED;
    }
    return report;
}

bool checkpoint_find(struct checkpoints *checkpoints, const struct node *node, uint32_t *sequence)
{
    uint32_t damaged = 0;
    struct candidate newest = find_newest(checkpoints, node, &damaged);
    if (newest.valid) *sequence = field(newest.head, AT_SEQUENCE);
    return newest.valid;
}

static int32_t write(struct checkpoints *checkpoints, const struct node *node, uint32_t length)
{
    if (checkpoints->slots == 0) return HAL_ENOTSUP;
    uint8_t head[CHECKPOINT_HEAD_BYTES];
    make_head(node, checkpoints->sequence, length, head);
    /* With two slots there is no other to try: one of them holds the newest checkpoint. */
    uint32_t tries = checkpoints->slots > 2 ? 2 : 1;
    for (uint32_t i = 0; i < tries; i++) {
        uint32_t slot = checkpoints->slot;
        int32_t result = board_slot_write(slot, head, CHECKPOINT_HEAD_BYTES, node_image(node), length);
        if (result >= 0) checkpoints->newest = slot;
        checkpoints->slot = slot_behind(checkpoints, slot);
        if (result < 0) continue;
        checkpoints->sequence++;
        return 0;
    }
    return HAL_EIO;
}

int32_t checkpoint_write(struct checkpoints *checkpoints, const struct node *node)
{
    return write(checkpoints, node, node->metadata.imageSize);
}

int32_t checkpoint_forget(struct checkpoints *checkpoints, const struct node *node)
{
    return write(checkpoints, node, 0);
}
