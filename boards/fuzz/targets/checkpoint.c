/*
 * Checkpoints in slots that hold anything: what is restored, what the next write leaves, and what is there after a
 * power cut in its middle. Which slots are valid, and which of them is the newest, is found here once more.
 */

#include "checkpoint.h"

#include "abi.h"
#include "crc32.h"
#include "fuzz.h"
#include "input.h"
#include "little.h"

/* What the head of a slot gets right before its CRC is made, so that the fuzzer need not find it by chance. */
enum right { RIGHT_MAGIC = 1, RIGHT_LAYOUT = 2, RIGHT_CONFIG = 4, RIGHT_LENGTH = 8, RIGHT_CRC = 16, UNREADABLE = 32 };

#define NO_SLOT UINT32_MAX
#define MOST_WRITES 16
#define IMAGE_BEFORE 0xa5

static const uint8_t magic[4] = {'W', 'M', 'C', 'K'};

static uint32_t length_of(uint32_t slot)
{
    return little_u32(fuzz.slot[slot] + 16);
}

static uint32_t sequence_of(uint32_t slot)
{
    return little_u32(fuzz.slot[slot] + 4);
}

static uint32_t crc_of(uint32_t slot)
{
    return crc32(crc32(0, fuzz.slot[slot], 28), fuzz.slot[slot] + CHECKPOINT_HEAD_BYTES, length_of(slot));
}

static bool is_valid(uint32_t slot)
{
    return !fuzz.unreadable[slot] && memcmp(fuzz.slot[slot], magic, sizeof magic) == 0 &&
           length_of(slot) <= fuzz.slotBytes - CHECKPOINT_HEAD_BYTES &&
           crc_of(slot) == little_u32(fuzz.slot[slot] + 28);
}

static uint32_t newest_slot(void)
{
    uint32_t newest = NO_SLOT;
    for (uint32_t i = 0; i < fuzz.slots; i++)
        if (is_valid(i) && (newest == NO_SLOT || (int32_t)(sequence_of(i) - sequence_of(newest)) > 0)) newest = i;
    return newest;
}

/*
 * Whether all valid slots are less than half the circle of sequence numbers behind the newest, as those of a device
 * are: only then is "newer" an order.
 */
static bool is_ordered(uint32_t newest)
{
    for (uint32_t i = 0; i < fuzz.slots; i++)
        if (is_valid(i) && sequence_of(newest) - sequence_of(i) >= INT32_MAX - MOST_WRITES) return false;
    return true;
}

static void fill_slot(struct input *input, const struct node *node, uint32_t slot)
{
    uint8_t *bytes = fuzz.slot[slot];
    uint8_t right = input_u8(input);
    input_bytes(input, bytes, CHECKPOINT_HEAD_BYTES);
    memset(bytes + CHECKPOINT_HEAD_BYTES, input_u8(input), sizeof fuzz.slot[slot] - CHECKPOINT_HEAD_BYTES);
    fuzz.unreadable[slot] = (right & UNREADABLE) != 0;
    if ((right & RIGHT_MAGIC) != 0) memcpy(bytes, magic, sizeof magic);
    if ((right & RIGHT_LAYOUT) != 0) little_put_u32(bytes + 8, node->metadata.layoutId);
    if ((right & RIGHT_CONFIG) != 0) little_put_u32(bytes + 12, fuzz.configId);
    if ((right & RIGHT_LENGTH) != 0) little_put_u32(bytes + 16, node->metadata.imageSize);
    if ((right & RIGHT_CRC) != 0 && length_of(slot) <= sizeof fuzz.slot[slot] - CHECKPOINT_HEAD_BYTES)
        little_put_u32(bytes + 28, crc_of(slot));
}

/* What the head of the newest slot comes to, if the board's slots are large enough for this node. */
static enum checkpoint_outcome outcome_of(uint32_t slot, const struct node *node)
{
    const uint8_t *head = fuzz.slot[slot];
    if (length_of(slot) == 0) return CHECKPOINT_GIVEN_UP;
    if (little_u32(head + 8) != node->metadata.layoutId || length_of(slot) != node->metadata.imageSize)
        return CHECKPOINT_OTHER_MODULE;
    return little_u32(head + 12) == fuzz.configId ? CHECKPOINT_RESTORED : CHECKPOINT_OTHER_CONFIG;
}

static struct checkpoint_report restore(struct checkpoints *checkpoints, const struct node *node)
{
    uint8_t *image = node_image(node);
    memset(image, IMAGE_BEFORE, FUZZ_IMAGE_BYTES);
    struct checkpoint_report report = checkpoint_restore(checkpoints, node);
    bool keeps = fuzz.slots >= 2 && fuzz.slotBytes >= CHECKPOINT_HEAD_BYTES + FUZZ_IMAGE_BYTES;
    uint32_t newest = keeps ? newest_slot() : NO_SLOT;
    CLAIM((checkpoints->slots != 0) == keeps);
    if (newest == NO_SLOT) {
        CLAIM(report.outcome == (report.damaged > 0 ? CHECKPOINT_DAMAGED : CHECKPOINT_NONE));
    } else {
        CLAIM(report.outcome == outcome_of(newest, node));
        CLAIM(report.sequence == sequence_of(newest));
        /* The newest checkpoint is never the one that the next write replaces. */
        CLAIM(checkpoints->slot < fuzz.slots && checkpoints->slot != newest);
    }
    if (report.outcome == CHECKPOINT_RESTORED) {
        CLAIM(memcmp(image, fuzz.slot[newest] + CHECKPOINT_HEAD_BYTES, FUZZ_IMAGE_BYTES) == 0);
        CLAIM(report.ageMs <= 0x3fffffff);
    } else {
        for (uint32_t i = 0; i < FUZZ_IMAGE_BYTES; i++)
            CLAIM(image[i] == IMAGE_BEFORE);
    }
    return report;
}

/* What the newest checkpoint holds, as far as that is known. */
struct newest {
    bool known;
    enum checkpoint_outcome outcome;
    uint8_t image[FUZZ_IMAGE_BYTES];
};

/* One write, which may fail, or be torn; what was the newest before must then still be there. */
static void make_write(struct input *input, struct checkpoints *checkpoints, const struct node *node,
                       struct newest *newest)
{
    uint8_t how = input_u8(input);
    bool forget = how % 2 != 0;
    fuzz.write = how / 2 % 3;
    fuzz.writeBytes = input_u32(input);
    memset(node_image(node), input_u8(input), FUZZ_IMAGE_BYTES);
    int32_t result = forget ? checkpoint_forget(checkpoints, node) : checkpoint_write(checkpoints, node);
    if (checkpoints->slots == 0) {
        CLAIM(result == HAL_ENOTSUP);
        return;
    }
    CLAIM(result == (fuzz.write == FUZZ_WRITE_GOOD ? 0 : HAL_EIO));
    if (result < 0) return;
    newest->known = true;
    newest->outcome = forget ? CHECKPOINT_GIVEN_UP : CHECKPOINT_RESTORED;
    memcpy(newest->image, node_image(node), FUZZ_IMAGE_BYTES);
}

/* A power cut: what is restored must be what was the newest. */
static void start_again(struct checkpoints *checkpoints, const struct node *node, struct newest *newest)
{
    struct checkpoint_report report = restore(checkpoints, node);
    if (newest->known) {
        CLAIM(report.outcome == newest->outcome);
        if (report.outcome == CHECKPOINT_RESTORED)
            CLAIM(memcmp(node_image(node), newest->image, FUZZ_IMAGE_BYTES) == 0);
    }
    newest->outcome = report.outcome;
    memcpy(newest->image, node_image(node), FUZZ_IMAGE_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    struct node *node = fuzz_node();
    fuzz.slots = input_u8(&input) % (FUZZ_MAX_SLOTS + 1);
    fuzz.slotBytes = input_u8(&input) % 4 != 0 ? FUZZ_MAX_SLOT_BYTES : input_u8(&input) * UINT32_C(4);
    fuzz.configId = input_u8(&input);
    fuzz.unixMs = (int64_t)((uint64_t)input_u32(&input) | (uint64_t)input_u32(&input) << 32);
    bool readable = true;
    for (uint32_t slot = 0; slot < FUZZ_MAX_SLOTS; slot++) {
        fill_slot(&input, node, slot);
        readable = readable && !fuzz.unreadable[slot];
    }
    struct checkpoints checkpoints;
    struct newest newest = {0};
    start_again(&checkpoints, node, &newest);
    /* A slot that can be written and never read again is not what is asked here. */
    bool asked = readable && checkpoints.slots != 0;
    newest.known = asked && newest_slot() != NO_SLOT && is_ordered(newest_slot());
    if (asked && newest_slot() != NO_SLOT && !newest.known) return 0;
    for (uint32_t i = 0; i < MOST_WRITES && input.left > 0; i++) {
        make_write(&input, &checkpoints, node, &newest);
        if (!asked) newest.known = false;
        if (input_u8(&input) % 4 == 0) start_again(&checkpoints, node, &newest);
    }
    start_again(&checkpoints, node, &newest);
    return 0;
}
