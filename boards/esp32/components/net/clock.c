#include "clock.h"

#include <stdbool.h>
#include <sys/time.h>
#include <time.h>

#include "esp_log.h"
#include "esp_netif_sntp.h"

#include "abi.h"
#include "board.h"

/* 2025-01-01T00:00:00Z. The chip starts in 1970; deep sleep does not stop its clock. */
#define EARLIEST_UNIX_S 1735689600

#define SERVER_BYTES 254

static const char *const tag = "clock";

static char server[SERVER_BYTES];
static bool started;

static void set(struct timeval *now)
{
    char text[sizeof "2025-01-01T00:00:00Z"];
    struct tm utc;
    (void)gmtime_r(&now->tv_sec, &utc);
    if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0) ESP_LOGI(tag, "set to %s", text);
}

void clock_init(const struct settings *settings)
{
    if (settings_get(settings, "ntp", server, sizeof server) <= 0) server[0] = '\0';
}

void clock_start(void)
{
    if (started || server[0] == '\0') return;
    esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(server);
    config.sync_cb = set;
    started = esp_netif_sntp_init(&config) == ESP_OK;
    if (!started) ESP_LOGE(tag, "SNTP does not start: no memory is left");
}

int32_t board_clock_unix_ms(int64_t *unixMs)
{
    struct timeval now;
    if (gettimeofday(&now, NULL) != 0 || now.tv_sec < EARLIEST_UNIX_S) return HAL_EAGAIN;
    *unixMs = (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
    return 0;
}
