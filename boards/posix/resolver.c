#include "resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Shared by the node's thread and the resolving one; whichever is done with it last frees it. */
struct resolution {
    pthread_mutex_t mutex;
    bool done;
    bool abandoned;
    struct addrinfo *addresses;
    struct endpoint endpoint;
    void (*notify)(void);
};

static const struct addrinfo tcp = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = 0};

struct addrinfo *resolver_numeric(const struct endpoint *endpoint)
{
    struct addrinfo hints = tcp;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    struct addrinfo *addresses = NULL;
    return getaddrinfo(endpoint->host, endpoint->port, &hints, &addresses) == 0 ? addresses : NULL;
}

static void discard(struct resolution *resolution)
{
    if (resolution->addresses != NULL) freeaddrinfo(resolution->addresses);
    (void)pthread_mutex_destroy(&resolution->mutex);
    free(resolution);
}

static void *resolve(void *argument)
{
    struct resolution *resolution = argument;
    struct addrinfo hints = tcp;
    hints.ai_flags = AI_NUMERICSERV;
    struct addrinfo *addresses = NULL;
    if (getaddrinfo(resolution->endpoint.host, resolution->endpoint.port, &hints, &addresses) != 0) addresses = NULL;
    void (*notify)(void) = resolution->notify;
    (void)pthread_mutex_lock(&resolution->mutex);
    resolution->addresses = addresses;
    resolution->done = true;
    bool abandoned = resolution->abandoned;
    (void)pthread_mutex_unlock(&resolution->mutex);
    if (abandoned) {
        discard(resolution);
    } else {
        notify();
    }
    return NULL;
}

struct resolution *resolver_start(const struct endpoint *endpoint, void (*notify)(void))
{
    struct resolution *resolution = calloc(1, sizeof *resolution);
    if (resolution == NULL) return NULL;
    (void)pthread_mutex_init(&resolution->mutex, NULL);
    resolution->endpoint = *endpoint;
    resolution->notify = notify;
    /* The new thread takes no signals: they are for the one that waits in poll(). */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, resolve, resolution);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        discard(resolution);
        return NULL;
    }
    (void)pthread_detach(thread);
    return resolution;
}

bool resolver_take(struct resolution *resolution, struct addrinfo **addresses)
{
    (void)pthread_mutex_lock(&resolution->mutex);
    bool done = resolution->done;
    *addresses = done ? resolution->addresses : NULL;
    if (done) resolution->addresses = NULL;
    (void)pthread_mutex_unlock(&resolution->mutex);
    if (done) discard(resolution);
    return done;
}

void resolver_abandon(struct resolution *resolution)
{
    (void)pthread_mutex_lock(&resolution->mutex);
    bool done = resolution->done;
    resolution->abandoned = true;
    (void)pthread_mutex_unlock(&resolution->mutex);
    if (done) discard(resolution);
}
