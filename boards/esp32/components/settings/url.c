#include "url.h"

#include <stddef.h>
#include <string.h>

#define MOST_HOST_BYTES 253
#define DEFAULT_PATH "/mqtt"

static const struct {
    const char *prefix;
    uint16_t port;
    bool tls;
    bool webSocket;
} schemes[] = {
    {"mqtt://", 1883, false, false},
    {"mqtts://", 8883, true, false},
    {"ws://", 80, false, true},
    {"wss://", 443, true, true},
};

#define SCHEMES (sizeof schemes / sizeof schemes[0])

/* What is left of the text. */
struct rest {
    const char *text;
    uint32_t length;
};

static void skip(struct rest *rest, uint32_t length)
{
    rest->text += length;
    rest->length -= length;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_host(char c, bool bracket)
{
    char lower = (char)(c | 0x20);
    if (is_digit(c) || c == '.') return true;
    if (bracket) return c == ':' || (lower >= 'a' && lower <= 'f');
    return c == '-' || c == '_' || (lower >= 'a' && lower <= 'z');
}

static bool take_scheme(struct rest *rest, struct url *url)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        uint32_t length = (uint32_t)strlen(schemes[i].prefix);
        if (rest->length < length || memcmp(rest->text, schemes[i].prefix, length) != 0) continue;
        url->tls = schemes[i].tls;
        url->webSocket = schemes[i].webSocket;
        url->port = schemes[i].port;
        skip(rest, length);
        return true;
    }
    return false;
}

static bool take_host(struct rest *rest, struct url *url)
{
    bool bracket = rest->length > 0 && *rest->text == '[';
    if (bracket) skip(rest, 1);
    uint32_t length = 0;
    while (length < rest->length && is_host(rest->text[length], bracket))
        length++;
    url->host = rest->text;
    url->hostLength = length;
    skip(rest, length);
    if (bracket) {
        if (rest->length == 0 || *rest->text != ']') return false;
        skip(rest, 1);
    }
    if (length == 0 || length > MOST_HOST_BYTES) return false;
    return rest->length == 0 || *rest->text == ':' || *rest->text == '/' || *rest->text == '?';
}

static bool take_port(struct rest *rest, struct url *url)
{
    uint32_t port = 0;
    if (rest->length == 0 || *rest->text != ':') return true;
    skip(rest, 1);
    for (; rest->length > 0 && is_digit(*rest->text) && port <= UINT16_MAX; skip(rest, 1))
        port = port * 10 + (uint32_t)(*rest->text - '0');
    if (port == 0 || port > UINT16_MAX) return false;
    url->port = (uint16_t)port;
    return rest->length == 0 || *rest->text == '/' || *rest->text == '?';
}

static const char *take_path(const struct rest *rest, struct url *url)
{
    if (!url->webSocket) {
        if (rest->length == 0 || (rest->length == 1 && *rest->text == '/')) return NULL;
        return "only ws:// and wss:// have a path; end the address behind its port";
    }
    if (rest->length == 0) {
        url->path = DEFAULT_PATH;
        url->pathLength = sizeof DEFAULT_PATH - 1;
        return NULL;
    }
    if (*rest->text != '/') return "a path must come before the ?, such as wss://host/mqtt?token=...";
    for (uint32_t i = 0; i < rest->length; i++) {
        char c = rest->text[i];
        if (c <= ' ' || c > '~' || c == '#') return "its path must be printable ASCII without spaces and without #";
    }
    url->path = rest->text;
    url->pathLength = rest->length;
    return NULL;
}

const char *url_parse(const char *text, uint32_t length, struct url *url)
{
    struct rest rest = {.text = text, .length = length};
    *url = (struct url){.path = ""};
    /* A password may hold every character that ends a host, so it is looked for everywhere but in a query. */
    if (memchr(text, '@', url_shown(text, length)) != NULL)
        return "credentials do not belong in an address; set username and password instead";
    if (!take_scheme(&rest, url)) return "it must begin with mqtt://, mqtts://, ws:// or wss://";
    if (!take_host(&rest, url)) return "its host must be a name or an address, such as mqtt://broker.example.com:1883";
    if (!take_port(&rest, url)) return "its port must be 1 to 65535, such as mqtt://broker.example.com:1883";
    return take_path(&rest, url);
}

uint32_t url_shown(const char *text, uint32_t length)
{
    const char *query = length > 0 ? memchr(text, '?', length) : NULL;
    return query != NULL ? (uint32_t)(query - text) : length;
}
