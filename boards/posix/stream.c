#include "stream.h"

#include <stdarg.h>
#include <stdio.h>

int32_t stream_fail(struct stream *stream, int32_t error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(stream->why, sizeof stream->why, format, arguments);
    va_end(arguments);
    return error;
}

const struct stream *stream_failed(const struct stream *top)
{
    while (top != NULL && top->why[0] == '\0')
        top = top->below;
    return top;
}

void stream_release(struct stream *top)
{
    while (top != NULL) {
        struct stream *below = top->below;
        top->type->release(top);
        top = below;
    }
}
