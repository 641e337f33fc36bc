#include "transport_reason.h"

#include <stdio.h>

#include "esp_tls.h"
#include "esp_transport.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509.h"

#include "abi.h"
#include "transport_errno.h"

static int32_t say(int32_t error, const char *text, char *why, size_t capacity)
{
    (void)snprintf(why, capacity, "%s", text);
    return error;
}

static const char *certificate_reason(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *text;
    } reasons[] = {
        {MBEDTLS_X509_BADCERT_EXPIRED, "the server's certificate has expired"},
        {MBEDTLS_X509_BADCERT_FUTURE, "the server's certificate is not yet valid: see whether the clock is right"},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, "the server's certificate is for another name"},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "the server's certificate leads to no CA that is trusted: set ca"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if ((flags & reasons[i].flag) != 0) return reasons[i].text;
    /* ESP-IDF from 5.5 on tells no flag of a handshake that failed. */
    return "the server's certificate is not trusted: see whether ca is its CA, and the address its name";
}

/* esp-tls keeps mbedTLS's error as a positive number. */
static int32_t handshake_reason(int code, int flags, char *why, size_t capacity)
{
    switch (-code) {
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
        return say(HAL_EPROTO, certificate_reason((uint32_t)flags), why, capacity);
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return say(HAL_EPROTO, "the server refused the TLS handshake: it may want a certificate", why, capacity);
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
        return say(HAL_EPROTO, "what answers there does not speak TLS", why, capacity);
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
        return say(HAL_EPROTO, "the server does not speak TLS 1.2", why, capacity);
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
        return say(HAL_EMFILE, "no memory is left for TLS", why, capacity);
    default:
        (void)snprintf(why, capacity, "the TLS handshake failed (mbedTLS -0x%04x)", (unsigned)code);
        return HAL_EPROTO;
    }
}

int32_t transport_reason(esp_transport_handle_t base, int system, char *why, size_t capacity)
{
    const esp_tls_last_error_t *last = esp_transport_get_error_handle(base);
    esp_err_t error = last != NULL ? last->last_error : ESP_OK;
    int code = last != NULL ? last->esp_tls_error_code : 0;
    int flags = last != NULL ? last->esp_tls_flags : 0;
    /* esp-tls keeps none for a connection that could not even be begun, as where there is no route. */
    int kept = esp_transport_get_errno(base);
    if (kept > 0) system = kept;
    if (error == ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME)
        return say(HAL_ENOTFOUND, "its name does not resolve", why, capacity);
    if (error == ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT) return say(HAL_ETIMEDOUT, "no answer in time", why, capacity);
    if (code != 0 || flags != 0) return handshake_reason(code, flags, why, capacity);
    const struct transport_error *known = transport_connect_errno(system);
    if (known != NULL) return say(known->error, known->text, why, capacity);
    (void)snprintf(why, capacity, "the connection failed (%s, errno %d)", esp_err_to_name(error), system);
    return HAL_ECONNRESET;
}
