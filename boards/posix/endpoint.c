#include "endpoint.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define DEFAULT_PATH "/mqtt"

static const struct {
    const char *prefix;
    const char *port;
    bool tls;
    bool webSocket;
} schemes[] = {
    {"mqtt://", "1883", false, false},
    {"mqtts://", "8883", true, false},
    {"ws://", "80", false, true},
    {"wss://", "443", true, true},
};

#define SCHEMES (sizeof schemes / sizeof schemes[0])

const char *endpoint_default_port(const struct endpoint *endpoint)
{
    size_t i = 0;
    while (schemes[i].tls != endpoint->tls || schemes[i].webSocket != endpoint->webSocket)
        i++;
    return schemes[i].port;
}

/* `end` is set behind the host; an IPv6 address stands in brackets. */
static bool take_host(const char *text, struct endpoint *endpoint, const char **end)
{
    bool bracket = *text == '[';
    if (bracket) text++;
    size_t length = strcspn(text, bracket ? "]" : ":/?#");
    if (length == 0 || length >= sizeof endpoint->host || (bracket && text[length] != ']')) return false;
    memcpy(endpoint->host, text, length);
    endpoint->host[length] = '\0';
    *end = text + length + (bracket ? 1 : 0);
    return true;
}

/* `text` is what follows the colon; `end` is set behind the port. */
static bool take_port(const char *text, struct endpoint *endpoint, const char **end)
{
    size_t length = strcspn(text, "/?#");
    uint32_t number = 0;
    if (length >= sizeof endpoint->port) return false;
    memcpy(endpoint->port, text, length);
    endpoint->port[length] = '\0';
    *end = text + length;
    return text_to_u32(endpoint->port, UINT16_MAX, &number) && number > 0;
}

/* What follows host and port. Only a WebSocket has a path, and nothing in it may end the line that it is sent in. */
static bool take_path(const char *text, struct endpoint *endpoint)
{
    if (!endpoint->webSocket) return *text == '\0' || strcmp(text, "/") == 0;
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~' || *at == '#') return false;
    const char *path = *text == '/' ? "" : DEFAULT_PATH;
    if (*text != '\0' && *text != '/' && *text != '?') return false;
    int length = snprintf(endpoint->path, sizeof endpoint->path, "%s%s", path, text);
    return length > 0 && (size_t)length < sizeof endpoint->path;
}

/* What is wrong with `url`, but nothing of a password, which may hold every character that ends a host. */
static const char *refuse(const char *url, const char *what, char *problem, size_t capacity)
{
    if (strchr(url, '@') != NULL) return "credentials do not belong in a broker's address";
    (void)snprintf(problem, capacity, "\"%.*s\" %s", (int)strcspn(url, "?"), url, what);
    return problem;
}

const char *endpoint_parse(const char *url, struct endpoint *endpoint, char *problem, size_t capacity)
{
    static const char *const none = "is not a broker's address";
    size_t scheme = 0;
    while (scheme < SCHEMES && strncmp(url, schemes[scheme].prefix, strlen(schemes[scheme].prefix)) != 0)
        scheme++;
    if (scheme == SCHEMES) return refuse(url, none, problem, capacity);
    const char *host = url + strlen(schemes[scheme].prefix);
    const char *end = NULL;
    if (memchr(host, '@', strcspn(host, "/?#")) != NULL || !take_host(host, endpoint, &end))
        return refuse(url, none, problem, capacity);
    endpoint->tls = schemes[scheme].tls;
    endpoint->webSocket = schemes[scheme].webSocket;
    (void)snprintf(endpoint->port, sizeof endpoint->port, "%s", schemes[scheme].port);
    (void)snprintf(endpoint->label, sizeof endpoint->label, "%.*s", (int)strcspn(url, "?"), url);
#if !WASMOTE_TLS
    if (scheme > 0)
        return refuse(url, "needs TLS and WebSocket, which this program was built without", problem, capacity);
#endif
    if (*end == ':' && !take_port(end + 1, endpoint, &end))
        return refuse(url, "has no port from 1 to 65535", problem, capacity);
    return take_path(end, endpoint) ? NULL : refuse(url, none, problem, capacity);
}
