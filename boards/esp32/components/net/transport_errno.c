#include "transport_errno.h"

#include <errno.h>
#include <stddef.h>

#include "abi.h"

static const struct {
    int system;
    struct transport_error error;
} errors[] = {
    {ECONNREFUSED, {HAL_ECONNREFUSED, "nothing listens there"}},
    {ECONNRESET, {HAL_ECONNRESET, "the link broke"}},
    {ENOTCONN, {HAL_ECONNRESET, "the link broke"}},
    {ECONNABORTED, {HAL_ECONNRESET, "the link broke"}},
    {ETIMEDOUT, {HAL_ETIMEDOUT, "no answer in time"}},
    {EHOSTUNREACH, {HAL_EHOSTUNREACH, "no route to the host"}},
    {ENETUNREACH, {HAL_EHOSTUNREACH, "no route to the network"}},
    {ENETDOWN, {HAL_ENETDOWN, "the network is down"}},
    {ENOMEM, {HAL_EMFILE, "no memory is left"}},
    {ENFILE, {HAL_EMFILE, "no socket is left"}},
};

static const struct transport_error *find(int system)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].system == system) return &errors[i].error;
    return NULL;
}

int32_t transport_errno(int system)
{
    const struct transport_error *known = find(system);
    return known != NULL ? known->error : HAL_ECONNRESET;
}

/* lwIP has no ECONNREFUSED: a reset that answers the first segment is ERR_RST too, which it makes ECONNRESET. Linux
 * sets ECONNRESET only once a connection is open. */
const struct transport_error *transport_connect_errno(int system)
{
    return find(system == ECONNRESET ? ECONNREFUSED : system);
}
