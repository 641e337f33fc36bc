#include "upgrade.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <mbedtls/base64.h>
#include <mbedtls/sha1.h>

#include "abi.h"
#include "random.h"

/* What a server shows that it speaks WebSocket with [RFC 6455, 1.3]. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define SHA1_BYTES 20

/* Base64 of SHA-1, and a NUL. */
#define ACCEPT_BYTES 29

/* Part of the answer; not NUL-terminated. */
struct slice {
    const char *text;
    size_t length;
};

/* What the answer's header says. */
struct headers {
    struct slice upgrade;
    /* One of the Connection lines has the token upgrade. */
    bool connectionUpgrade;
    struct slice accept;
    struct slice protocol;
    struct slice extensions;
};

bool upgrade_init(struct upgrade *upgrade, const struct endpoint *endpoint)
{
    uint8_t nonce[16];
    size_t length = 0;
    if (random_bytes(NULL, nonce, sizeof nonce) != 0) return false;
    (void)mbedtls_base64_encode((unsigned char *)upgrade->key, sizeof upgrade->key, &length, nonce, sizeof nonce);
    bool bracket = strchr(endpoint->host, ':') != NULL;
    bool port = strcmp(endpoint->port, endpoint_default_port(endpoint)) != 0;
    /* [MQTT-6.0.0-3] */
    int written = snprintf(upgrade->request, sizeof upgrade->request,
                           "GET %s HTTP/1.1\r\n"
                           "Host: %s%s%s%s%s\r\n"
                           "Upgrade: websocket\r\n"
                           "Connection: Upgrade\r\n"
                           "Sec-WebSocket-Key: %s\r\n"
                           "Sec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Protocol: mqtt\r\n"
                           "\r\n",
                           endpoint->path, bracket ? "[" : "", endpoint->host, bracket ? "]" : "", port ? ":" : "",
                           port ? endpoint->port : "", upgrade->key);
    upgrade->requestLength = (uint32_t)written;
    return written > 0 && (size_t)written < sizeof upgrade->request;
}

/* The answer ------------------------------------------------------------------------------------------------------- */

static bool same(struct slice slice, const char *text)
{
    return slice.length == strlen(text) && memcmp(slice.text, text, slice.length) == 0;
}

static bool same_ignoring_case(struct slice slice, const char *text)
{
    return slice.length == strlen(text) && strncasecmp(slice.text, text, slice.length) == 0;
}

static struct slice trimmed(struct slice slice)
{
    while (slice.length > 0 && (*slice.text == ' ' || *slice.text == '\t')) {
        slice.text++;
        slice.length--;
    }
    while (slice.length > 0 && (slice.text[slice.length - 1] == ' ' || slice.text[slice.length - 1] == '\t'))
        slice.length--;
    return slice;
}

/* Whether a comma-separated list has `token`, in any case. */
static bool has_token(struct slice list, const char *token)
{
    while (list.length > 0) {
        const char *comma = memchr(list.text, ',', list.length);
        size_t length = comma != NULL ? (size_t)(comma - list.text) : list.length;
        if (same_ignoring_case(trimmed((struct slice){list.text, length}), token)) return true;
        size_t step = comma != NULL ? length + 1 : length;
        list.text += step;
        list.length -= step;
    }
    return false;
}

/* Takes one header line, without its end. False: it is not one, or says again what only once may be said. */
static bool take_header(struct slice line, struct headers *headers)
{
    const struct {
        const char *name;
        struct slice *value;
    } wanted[] = {
        {"Upgrade", &headers->upgrade},
        {"Sec-WebSocket-Accept", &headers->accept},
        {"Sec-WebSocket-Protocol", &headers->protocol},
        {"Sec-WebSocket-Extensions", &headers->extensions},
    };
    const char *colon = memchr(line.text, ':', line.length);
    if (colon == NULL || colon == line.text) return false;
    struct slice name = {line.text, (size_t)(colon - line.text)};
    /* A line that goes on with the one before it, and a blank before the colon [RFC 9112, 5.1 and 5.2]. */
    if (trimmed(name).length != name.length) return false;
    struct slice value = trimmed((struct slice){colon + 1, line.length - name.length - 1});
    if (same_ignoring_case(name, "Connection") && has_token(value, "upgrade")) headers->connectionUpgrade = true;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (!same_ignoring_case(name, wanted[i].name)) continue;
        if (wanted[i].value->text != NULL) return false;
        *wanted[i].value = value;
    }
    return true;
}

/* Takes the line at the front, without its end; the header ends with an empty one. */
static struct slice take_line(struct slice *rest)
{
    struct slice line = *rest;
    for (line.length = 0; memcmp(line.text + line.length, "\r\n", 2) != 0;)
        line.length++;
    rest->text += line.length + 2;
    rest->length -= line.length + 2;
    return line;
}

static const char version[] = "HTTP/1.1 ";

/* As far as there are bytes. */
static bool begins_with_version(struct slice answer)
{
    size_t length = answer.length < sizeof version - 1 ? answer.length : sizeof version - 1;
    return memcmp(answer.text, version, length) == 0;
}

/* The code of `HTTP/1.1 101 …`, or 0. */
static int status_of(struct slice line)
{
    const size_t start = sizeof version - 1;
    if (line.length < start + 3 || !begins_with_version(line)) return 0;
    if (line.length > start + 3 && line.text[start + 3] != ' ') return 0;
    int status = 0;
    for (size_t i = start; i < start + 3; i++) {
        if (line.text[i] < '0' || line.text[i] > '9') return 0;
        status = status * 10 + (line.text[i] - '0');
    }
    return status;
}

static bool accepts(const struct upgrade *upgrade, struct slice accept)
{
    char text[UPGRADE_KEY_BYTES + sizeof ACCEPT_GUID];
    unsigned char hash[SHA1_BYTES];
    unsigned char expected[ACCEPT_BYTES];
    size_t length = 0;
    int written = snprintf(text, sizeof text, "%s" ACCEPT_GUID, upgrade->key);
    if (mbedtls_sha1_ret((const unsigned char *)text, (size_t)written, hash) != 0) return false;
    (void)mbedtls_base64_encode(expected, sizeof expected, &length, hash, sizeof hash);
    return same(accept, (const char *)expected);
}

static int32_t no_http(struct stream *stream)
{
    return stream_fail(stream, HAL_EPROTO, "the server does not speak HTTP/1.1");
}

/* `header` ends with an empty line. What the Node.js side says too is said in the same words, those of its library. */
static int32_t check(const struct upgrade *upgrade, struct stream *stream, struct slice header)
{
    struct headers headers = {{NULL, 0}, false, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    int status = status_of(take_line(&header));
    if (status == 0) return no_http(stream);
    if (status != 101) return stream_fail(stream, HAL_EPROTO, "Unexpected server response: %d", status);
    for (;;) {
        struct slice line = take_line(&header);
        if (line.length == 0) break;
        if (!take_header(line, &headers)) return stream_fail(stream, HAL_EPROTO, "Invalid header");
    }
    if (headers.upgrade.text == NULL || !same_ignoring_case(headers.upgrade, "websocket") || !headers.connectionUpgrade)
        return stream_fail(stream, HAL_EPROTO, "Invalid Upgrade header");
    if (headers.accept.text == NULL || !accepts(upgrade, headers.accept))
        return stream_fail(stream, HAL_EPROTO, "Invalid Sec-WebSocket-Accept header");
    if (headers.extensions.text != NULL && headers.extensions.length > 0)
        return stream_fail(stream, HAL_EPROTO, "Server sent an extension that was not requested");
    /* [MQTT-6.0.0-4] */
    if (headers.protocol.text == NULL) return stream_fail(stream, HAL_EPROTO, "Server sent no subprotocol");
    if (!same(headers.protocol, "mqtt")) return stream_fail(stream, HAL_EPROTO, "Server sent an invalid subprotocol");
    return 1;
}

/* The step --------------------------------------------------------------------------------------------------------- */

static int32_t ended(struct stream *stream)
{
    return stream_fail(stream, HAL_EPROTO, "the server closed the connection");
}

/* Bytes up to the end of the header with its empty line; 0: it is not there yet. */
static uint32_t header_length(const struct upgrade *upgrade)
{
    for (uint32_t i = 0; i + 4 <= upgrade->answerLength; i++)
        if (memcmp(upgrade->answer + i, "\r\n\r\n", 4) == 0) return i + 4;
    return 0;
}

int32_t upgrade_step(struct upgrade *upgrade, struct stream *stream)
{
    uint32_t left = upgrade->requestLength - upgrade->sent;
    if (left > 0) {
        const uint8_t *request = (const uint8_t *)upgrade->request + upgrade->sent;
        int32_t taken = stream_send(stream->below, request, left);
        if (taken < 0) return ended(stream);
        upgrade->sent += (uint32_t)taken;
        if ((uint32_t)taken < left) return 0;
    }
    if (stream_flush(stream->below) < 0) return ended(stream);
    for (;;) {
        uint32_t room = UPGRADE_ANSWER_BYTES - upgrade->answerLength;
        if (room == 0)
            return stream_fail(stream, HAL_EPROTO, "the server's header is longer than %d bytes", UPGRADE_ANSWER_BYTES);
        uint8_t *end = (uint8_t *)upgrade->answer + upgrade->answerLength;
        int32_t length = stream_recv(stream->below, end, room);
        if (length < 0) return ended(stream);
        if (length == 0) return 0;
        upgrade->answerLength += (uint32_t)length;
        /* Else a peer that greets first and then waits would be waited for. */
        if (!begins_with_version((struct slice){upgrade->answer, upgrade->answerLength})) return no_http(stream);
        upgrade->used = header_length(upgrade);
        if (upgrade->used > 0) return check(upgrade, stream, (struct slice){upgrade->answer, upgrade->used});
    }
}
