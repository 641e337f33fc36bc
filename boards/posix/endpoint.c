#include "endpoint.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define MQTT_PORT "1883"

const char *endpoint_parse(const char *url, struct endpoint *endpoint, char *problem, size_t capacity)
{
    static const char *const later[] = {"mqtts://", "ws://", "wss://"};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (strncmp(url, later[i], strlen(later[i])) != 0) continue;
        (void)snprintf(problem, capacity, "%s is not supported yet on this board", later[i]);
        return problem;
    }
    if (strncmp(url, "mqtt://", 7) != 0) {
        (void)snprintf(problem, capacity, "\"%s\" is not a broker's address", url);
        return problem;
    }
    const char *host = url + 7;
    if (strchr(host, '@') != NULL) return "credentials do not belong in a broker's address";
    /* An IPv6 address stands in brackets. */
    const char *end = *host == '[' ? strchr(host, ']') : host + strcspn(host, ":/");
    if (*host == '[') host++;
    size_t length = end != NULL ? (size_t)(end - host) : 0;
    if (end != NULL && *end == ']') end++;
    if (length == 0 || length >= sizeof endpoint->host || (*end != '\0' && *end != ':' && strcmp(end, "/") != 0)) {
        (void)snprintf(problem, capacity, "\"%s\" is not a broker's address", url);
        return problem;
    }
    memcpy(endpoint->host, host, length);
    endpoint->host[length] = '\0';

    char port[sizeof endpoint->port] = MQTT_PORT;
    if (*end == ':') {
        size_t portLength = strcspn(end + 1, "/");
        uint32_t number = 0;
        if (portLength >= sizeof port || (end[1 + portLength] != '\0' && strcmp(end + 1 + portLength, "/") != 0))
            portLength = 0;
        memcpy(port, end + 1, portLength);
        port[portLength] = '\0';
        if (!text_to_u32(port, UINT16_MAX, &number) || number == 0) {
            (void)snprintf(problem, capacity, "\"%s\" has no port from 1 to 65535", url);
            return problem;
        }
    }
    memcpy(endpoint->port, port, sizeof port);
    endpoint->url = url;
    return NULL;
}
