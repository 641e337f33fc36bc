#include "tls_reason.h"

#include <mbedtls/x509.h>

const char *tls_certificate_reason(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *text;
    } reasons[] = {
        {MBEDTLS_X509_BADCERT_EXPIRED, "certificate has expired"},
        {MBEDTLS_X509_BADCERT_FUTURE, "certificate is not yet valid: see whether the clock is right"},
        {MBEDTLS_X509_BADCERT_REVOKED, "certificate revoked"},
        {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
         "the certificate's hash or key is too weak"},
        {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
         "unsuitable certificate purpose"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if ((flags & reasons[i].flag) != 0) return reasons[i].text;
    return NULL;
}

const char *tls_alert_name(uint8_t alert)
{
    static const struct {
        uint8_t alert;
        const char *name;
    } names[] = {
        {MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY, "close notify"},
        {MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE, "unexpected message"},
        {MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC, "bad record mac"},
        {MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW, "record overflow"},
        {MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, "handshake failure"},
        {MBEDTLS_SSL_ALERT_MSG_BAD_CERT, "bad certificate"},
        {MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT, "unsupported certificate"},
        {MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED, "certificate revoked"},
        {MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED, "certificate expired"},
        {MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN, "certificate unknown"},
        {MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER, "illegal parameter"},
        {MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA, "unknown ca"},
        {MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED, "access denied"},
        {MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR, "decode error"},
        {MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR, "decrypt error"},
        {MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION, "protocol version"},
        {MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY, "insufficient security"},
        {MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR, "internal error"},
        {MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME, "unrecognized name"},
        {MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL, "no application protocol"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].alert == alert) return names[i].name;
    return NULL;
}

const char *tls_error_reason(int error)
{
    switch (error) {
    case MBEDTLS_ERR_SSL_CONN_EOF:
        return "the server closed the connection";
    case MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION:
        return "unsupported protocol: the server does not speak TLS 1.2";
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
        return "wrong version number: what answers there does not speak TLS";
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
        return "no memory is left";
    default:
        return NULL;
    }
}
