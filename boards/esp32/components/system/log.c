#include "log.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "esp_log.h"

#include "abi.h"
#include "board.h"

/* A longer line of the module is cut. */
#define LINE_BYTES 200

static const char *const moduleTag = "module";
static const char *const tag = "node";

static const esp_log_level_t levels[] = {ESP_LOG_DEBUG, ESP_LOG_INFO, ESP_LOG_WARN, ESP_LOG_ERROR};

static char hidden[LOG_SECRET_BYTES];

void log_hide(const char *secret)
{
    (void)snprintf(hidden, sizeof hidden, "%s", secret);
}

int32_t board_log(uint32_t level, const uint8_t *text, uint32_t length)
{
    char line[LINE_BYTES];
    size_t used = 0;
    size_t secretLength = strlen(hidden);
    for (uint32_t i = 0; i < length && used < sizeof line - 4;) {
        if (secretLength > 0 && length - i >= secretLength && memcmp(text + i, hidden, secretLength) == 0) {
            memcpy(line + used, "***", 3);
            used += 3;
            i += (uint32_t)secretLength;
            continue;
        }
        uint8_t byte = text[i++];
        line[used++] = (char)(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
    line[used] = '\0';
    ESP_LOG_LEVEL(levels[level], moduleTag, "%s", line);
    return 0;
}

void board_trapped(const char *trap, uint32_t restartMs)
{
    ESP_LOGE(tag, "the node trapped: %s; it restarts in %" PRIu32 " ms", trap, restartMs);
}

void board_said(enum hal_level level, const char *line)
{
    ESP_LOG_LEVEL(levels[level], tag, "%s", line);
}
