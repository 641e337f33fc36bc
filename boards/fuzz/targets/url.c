/* A broker's address of any bytes. */

#include "url.h"

#include "input.h"

static bool is_within(const char *part, uint32_t length, const char *text, size_t size)
{
    return part >= text && length <= size && part - text <= (ptrdiff_t)(size - length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    char *text = (char *)input_rest(&input);
    struct url url;
    const char *wrong = url_parse(text, (uint32_t)size, &url);
    CLAIM(url_shown(text, (uint32_t)size) <= size);
    if (wrong == NULL) {
        CLAIM(url.port > 0);
        CLAIM(url.hostLength > 0 && url.hostLength <= 253 && is_within(url.host, url.hostLength, text, size));
        CLAIM(memchr(url.host, '@', url.hostLength) == NULL);
        CLAIM((url.pathLength > 0) == url.webSocket);
        if (url.webSocket) CLAIM(url.path[0] == '/' && memchr(url.path, '\n', url.pathLength) == NULL);
    } else {
        CLAIM(strlen(wrong) > 0);
    }
    free(text);
    return 0;
}
