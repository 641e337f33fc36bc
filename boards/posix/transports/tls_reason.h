/** Why a TLS handshake failed, for people. */
#ifndef WASMOTE_POSIX_TLS_REASON_H
#define WASMOTE_POSIX_TLS_REASON_H

#include <stdint.h>

#include <mbedtls/ssl.h>

/** What is wrong with the certificate: the most telling of the flags of mbedtls_ssl_get_verify_result(), in OpenSSL's
 * words, which people look for. NULL: it is for somebody else, or not signed by anyone who is trusted. */
const char *tls_certificate_reason(uint32_t flags);

/** The name of an alert [RFC 5246, 7.2], with blanks, as OpenSSL has it; NULL: it has none. */
const char *tls_alert_name(uint8_t alert);

/** What an error of mbedtls_ssl_handshake() means; NULL: it is too rare for words. */
const char *tls_error_reason(int error);

#endif
