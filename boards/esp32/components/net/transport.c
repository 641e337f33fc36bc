#include "transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "esp_crt_bundle.h"
#include "esp_transport.h"
#include "esp_transport_ssl.h"
#include "esp_transport_tcp.h"
#include "esp_transport_ws.h"
#include "sdkconfig.h"

#include "abi.h"
#include "transport_errno.h"
#include "transport_reason.h"

/* tcp_transport exports it, and declares it in a header of its own. */
int esp_transport_get_socket(esp_transport_handle_t t);

static void set_credentials(esp_transport_handle_t base, const struct credentials *credentials)
{
    if (credentials->ca != NULL) esp_transport_ssl_set_cert_data(base, credentials->ca, (int)strlen(credentials->ca));
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    else
        esp_transport_ssl_crt_bundle_attach(base, esp_crt_bundle_attach);
#endif
    if (credentials->cert == NULL || credentials->key == NULL) return;
    esp_transport_ssl_set_client_cert_data(base, credentials->cert, (int)strlen(credentials->cert));
    esp_transport_ssl_set_client_key_data(base, credentials->key, (int)strlen(credentials->key));
}

/* False: there is no memory. */
static bool make(struct transport *transport, const struct endpoint *endpoint, const struct credentials *credentials)
{
    transport->base = endpoint->tls ? esp_transport_ssl_init() : esp_transport_tcp_init();
    transport->top = transport->base;
    if (transport->base == NULL) return false;
    if (endpoint->tls) set_credentials(transport->base, credentials);
    if (!endpoint->webSocket) return true;
    transport->top = esp_transport_ws_init(transport->base);
    if (transport->top == NULL) return false;
    esp_transport_ws_set_path(transport->top, endpoint->path);
    return esp_transport_ws_set_subprotocol(transport->top, "mqtt") == ESP_OK;
}

/* The connection below may be open although the WebSocket is not. */
static int32_t explain(struct transport *transport, int system)
{
    int status = transport->webSocket ? esp_transport_ws_get_upgrade_request_status(transport->top) : 0;
    if (status > 0 && status != 101) {
        (void)snprintf(transport->why, sizeof transport->why, "the server answered the upgrade with HTTP %d", status);
        return HAL_EPROTO;
    }
    if (transport->webSocket && transport_socket(transport) >= 0) {
        (void)snprintf(transport->why, sizeof transport->why, "what answers there is no WebSocket");
        return HAL_EPROTO;
    }
    return transport_reason(transport->base, system, transport->why, sizeof transport->why);
}

int32_t transport_open(struct transport *transport, const struct endpoint *endpoint,
                       const struct credentials *credentials, int timeoutMs)
{
    *transport = (struct transport){.tls = endpoint->tls, .webSocket = endpoint->webSocket};
    if (!make(transport, endpoint, credentials)) {
        (void)snprintf(transport->why, sizeof transport->why, "no memory is left");
        return HAL_EMFILE;
    }
    errno = 0;
    if (esp_transport_connect(transport->top, endpoint->host, endpoint->port, timeoutMs) < 0)
        return explain(transport, errno);
    int on = 1;
    (void)setsockopt(transport_socket(transport), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return 0;
}

static int32_t lost(struct transport *transport)
{
    int system = esp_transport_get_errno(transport->base);
    return system > 0 ? transport_errno(system) : HAL_ECONNRESET;
}

int32_t transport_send(struct transport *transport, const uint8_t *bytes, uint32_t length, int timeoutMs)
{
    while (length > 0) {
        int sent = esp_transport_write(transport->top, (const char *)bytes, (int)length, timeoutMs);
        if (sent == 0) return HAL_ETIMEDOUT;
        if (sent < 0) return lost(transport);
        bytes += sent;
        length -= (uint32_t)sent;
        /* A WebSocket whose frame was sent in part is out of step with its peer. */
        if (transport->webSocket && length > 0) return HAL_ETIMEDOUT;
    }
    return 0;
}

bool transport_readable(struct transport *transport)
{
    return esp_transport_poll_read(transport->top, 0) != 0;
}

int32_t transport_recv(struct transport *transport, uint8_t *bytes, uint32_t capacity, int timeoutMs)
{
    int length = esp_transport_read(transport->top, (char *)bytes, (int)capacity, timeoutMs);
    if (length == ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN) return HAL_EPIPE;
    if (length < 0) return lost(transport);
    bool text = transport->webSocket && length > 0 &&
                esp_transport_ws_get_read_opcode(transport->top) == WS_TRANSPORT_OPCODES_TEXT;
    return text ? HAL_EPROTO : (int32_t)length;
}

int transport_socket(const struct transport *transport)
{
    return esp_transport_get_socket(transport->base);
}

void transport_end(struct transport *transport, int timeoutMs)
{
    if (transport->webSocket) {
        ws_transport_opcodes_t opcode = WS_TRANSPORT_OPCODES_CLOSE | WS_TRANSPORT_OPCODES_FIN;
        (void)esp_transport_ws_send_raw(transport->top, opcode, NULL, 0, timeoutMs);
    }
    /* TLS says it in transport_close(). */
    if (!transport->tls) (void)shutdown(transport_socket(transport), SHUT_WR);
}

void transport_close(struct transport *transport)
{
    /* Sends TLS's close_notify. */
    if (transport->top != NULL) (void)esp_transport_close(transport->top);
    if (transport->top != transport->base) (void)esp_transport_destroy(transport->top);
    if (transport->base != NULL) (void)esp_transport_destroy(transport->base);
    transport->top = transport->base = NULL;
}
