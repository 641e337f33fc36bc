#include "transport.h"

#include "socket.h"

#if WASMOTE_TLS

#include "log.h"
#include "transports/credentials.h"
#include "transports/random.h"
#include "transports/tls.h"
#include "transports/websocket.h"

static const struct tls_options *settings;

bool transport_init(const struct tls_options *options, const struct endpoint *endpoints, size_t count,
                    struct transport_problem *problem)
{
    settings = options;
    bool tls = false;
    for (size_t i = 0; i < count; i++)
        tls = tls || endpoints[i].tls;
    if (random_init()) return credentials_init(options, tls, problem);
    *problem = (struct transport_problem){"the operating system gives no random numbers",
                                          "see whether /dev/urandom can be read"};
    return false;
}

/* NULL, and what was below is freed, if a layer could not be laid. */
static struct stream *over(struct stream *below, struct stream *layer)
{
    if (layer == NULL) stream_release(below);
    return layer;
}

struct stream *transport_open(const struct endpoint *endpoint, int fd)
{
    struct stream *top = socket_stream(fd);
    if (top != NULL && endpoint->tls) {
        if (settings->insecure)
            log_line(HAL_LOG_WARNING, "INSECURE: the certificate of %s is not verified (--insecure)", endpoint->label);
        top = over(top, tls_stream(top, endpoint, settings));
    }
    if (top != NULL && endpoint->webSocket) top = over(top, websocket_stream(top, endpoint));
    return top;
}

void transport_finish(void)
{
    credentials_free();
    random_free();
}

#else

bool transport_init(const struct tls_options *options, const struct endpoint *endpoints, size_t count,
                    struct transport_problem *problem)
{
    (void)options;
    (void)endpoints;
    (void)count;
    (void)problem;
    return true;
}

struct stream *transport_open(const struct endpoint *endpoint, int fd)
{
    (void)endpoint;
    return socket_stream(fd);
}

void transport_finish(void) {}

#endif
