#include "sleep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "esp_attr.h"
#include "esp_log.h"
#include "esp_sleep.h"
#include "esp_system.h"

#include "board.h"
#include "checkpoint.h"
#include "monotonic.h"
#include "slumber.h"

static const char *const tag = "sleep";

/* Sealed by core, so that whatever a loss of power leaves here is no image. */
static RTC_NOINIT_ATTR struct {
    /* When the image fell asleep: written last, as the chip powers down. */
    int64_t beganMs;
    uint8_t head[CHECKPOINT_HEAD_BYTES];
    uint8_t image[SLEEP_IMAGE_BYTES];
} kept;

/* When the image was kept, by the counting clock. */
static uint64_t keptMs;

/* The time of day runs on through deep sleep, whether it was ever set or not. The network, and with it SNTP, takes
 * longer to come up than the chip from reset to sleep_restore(). */
static int64_t now_ms(void)
{
    struct timeval now = {0};
    (void)gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

bool sleep_restore(struct node *node, uint32_t *sleptMs)
{
    uint32_t imageSize = node->metadata.imageSize;
    bool resumes = esp_reset_reason() == ESP_RST_DEEPSLEEP && imageSize <= sizeof kept.image &&
                   checkpoint_is_sealed(node, kept.head, kept.image);
    if (resumes) {
        memcpy(node_image(node), kept.image, imageSize);
        *sleptMs = slumber_lasted(kept.beganMs, now_ms());
        ESP_LOGI(tag, "woke after %" PRIu32 " ms", *sleptMs);
    }
    /* An image is resumed once: after a crash the node goes on from its checkpoint, or afresh. */
    sleep_forget();
    return resumes;
}

bool sleep_keep(const struct node *node)
{
    uint32_t imageSize = node->metadata.imageSize;
    if (imageSize > sizeof kept.image) return false;
    keptMs = monotonic_ms();
    checkpoint_seal(node, 0, kept.head);
    memcpy(kept.image, node_image(node), imageSize);
    return true;
}

void sleep_forget(void)
{
    memset(kept.head, 0, sizeof kept.head);
}

void sleep_power_down(uint32_t ms)
{
    ESP_LOGI(tag, "sleeps for %" PRIu32 " ms after %" PRIu32 " ms awake", ms, (uint32_t)monotonic_ms());
    (void)fflush(stdout);
    (void)fsync(fileno(stdout));
    kept.beganMs = slumber_began(keptMs, monotonic_ms(), now_ms());
    esp_deep_sleep((uint64_t)ms * 1000);
}

int32_t board_deep_sleep(uint32_t ms)
{
    (void)ms;
    return 0;
}
