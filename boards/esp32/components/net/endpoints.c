#include "endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "esp_log.h"

#include "url.h"

static const char *const tag = "net";

static struct endpoint endpoints[SETTINGS_ENDPOINTS];
static struct credentials credentials;

/* A copy that lives as long as the firmware. NULL: it is not set, or there is no memory. */
static const char *read(const struct settings *settings, const char *key, char *workspace)
{
    int32_t length = settings_get(settings, key, workspace, SETTINGS_VALUE_BYTES);
    return length > 0 ? strndup(workspace, (size_t)length) : NULL;
}

static void read_endpoint(const struct settings *settings, const char *key, struct endpoint *endpoint, char *workspace)
{
    int32_t length = settings_get(settings, key, workspace, SETTINGS_VALUE_BYTES);
    if (length <= 0) return;
    struct url url;
    const char *wrong = url_parse(workspace, (uint32_t)length, &url);
    if (wrong != NULL) {
        ESP_LOGE(tag, "%s: %s", key, wrong);
        return;
    }
    *endpoint = (struct endpoint){
        .tls = url.tls,
        .webSocket = url.webSocket,
        .port = url.port,
        .host = strndup(url.host, url.hostLength),
        .path = strndup(url.path, url.pathLength),
        .label = strndup(workspace, url_shown(workspace, (uint32_t)length)),
    };
    if (endpoint->host == NULL || endpoint->path == NULL || endpoint->label == NULL) endpoint->host = NULL;
}

void endpoints_init(const struct settings *settings)
{
    static const char *const keys[SETTINGS_ENDPOINTS] = {"broker", "broker2"};
    char *workspace = malloc(SETTINGS_VALUE_BYTES);
    if (workspace == NULL) return;
    bool tls = false;
    for (uint32_t i = 0; i < SETTINGS_ENDPOINTS; i++) {
        read_endpoint(settings, keys[i], &endpoints[i], workspace);
        tls = tls || endpoints[i].tls;
    }
    if (tls) {
        credentials.ca = read(settings, "ca", workspace);
        credentials.cert = read(settings, "cert", workspace);
        credentials.key = read(settings, "key", workspace);
    }
    /* It held a key. */
    memset(workspace, 0, SETTINGS_VALUE_BYTES);
    free(workspace);
    if (endpoints[0].host == NULL) ESP_LOGW(tag, "no broker is set: set broker mqtt://<host>");
}

const struct endpoint *endpoints_find(uint32_t number)
{
    return number < SETTINGS_ENDPOINTS && endpoints[number].host != NULL ? &endpoints[number] : NULL;
}

const struct credentials *endpoints_credentials(void)
{
    return &credentials;
}
