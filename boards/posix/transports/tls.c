#include "tls.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "abi.h"
#include "credentials.h"
#include "tls_reason.h"

/*
 * Records on their way to the socket. mbedTLS never waits for room here once the handshake is over, so that it need not
 * be given the same bytes again: send() encrypts only what fits, and leaves room for an alert.
 */
#define OUTPUT_BYTES 8192
#define ALERT_BYTES 256

/* What one call reads from below. A server may send any number of records without payload, and a call that goes on as
 * long as the server does is one that the watchdog ends. */
#define READ_BYTES 65536

/* Plaintext of one record: small, so that the first bytes leave soon. */
#define RECORD_BYTES 2048

struct tls {
    struct stream stream;
    mbedtls_ssl_context ssl;
    /* Who the certificate must be for. */
    char name[ENDPOINT_HOST_BYTES];
    /* The same if it is an address; no bytes: it is a name, which mbedTLS checks. */
    uint8_t address[sizeof(struct in6_addr)];
    size_t addressLength;
    /* Where nobody who is trusted has signed: a certificate that has signed itself, and how far from the server's. */
    bool selfSigned;
    int selfSignedDepth;
    /* The protocol that the server must select, or NULL. */
    const char *alpn;
    bool open;
    /* How much more may be read now. */
    uint32_t readable;
    /* What the layer below said when mbedTLS asked it. */
    int32_t belowError;
    /* Why nothing more is received. */
    int32_t error;
    uint32_t outputLength;
    uint8_t output[OUTPUT_BYTES];
};

/* Between mbedTLS and the layer below ------------------------------------------------------------------------------ */

/* Hands output on. @return 1: all of it; 0: the socket takes no more now; negative: the link is broken. */
static int32_t drain(struct tls *self)
{
    if (self->outputLength == 0) return 1;
    int32_t taken = stream_send(self->stream.below, self->output, self->outputLength);
    if (taken < 0) return taken;
    self->outputLength -= (uint32_t)taken;
    memmove(self->output, self->output + taken, self->outputLength);
    return self->outputLength == 0 ? 1 : 0;
}

static int write_record(void *context, const unsigned char *bytes, size_t length)
{
    struct tls *self = context;
    if (self->outputLength == OUTPUT_BYTES && drain(self) < 0) return MBEDTLS_ERR_NET_CONN_RESET;
    size_t room = OUTPUT_BYTES - self->outputLength;
    if (room == 0) return MBEDTLS_ERR_SSL_WANT_WRITE;
    size_t taken = length < room ? length : room;
    memcpy(self->output + self->outputLength, bytes, taken);
    self->outputLength += (uint32_t)taken;
    return (int)taken;
}

static int read_record(void *context, unsigned char *bytes, size_t capacity)
{
    struct tls *self = context;
    uint32_t most = capacity < self->readable ? (uint32_t)capacity : self->readable;
    int32_t length = most > 0 ? stream_recv(self->stream.below, bytes, most) : 0;
    if (length > 0) {
        self->readable -= (uint32_t)length;
        return length;
    }
    if (length == 0) return MBEDTLS_ERR_SSL_WANT_READ;
    self->belowError = length;
    return length == HAL_EPIPE ? 0 : MBEDTLS_ERR_NET_CONN_RESET;
}

/* Verification ----------------------------------------------------------------------------------------------------- */

/* A final dot says that a name is a whole one, and is no part of it. Of a numeric address the zone goes: it says which
 * interface, not who the peer is. */
static void take_name(struct tls *self, const char *name)
{
    size_t length = strlen(name);
    if (length > 1 && name[length - 1] == '.') length--;
    if (length >= sizeof self->name) length = sizeof self->name - 1;
    memcpy(self->name, name, length);
    char text[INET6_ADDRSTRLEN];
    size_t addressLength = strcspn(self->name, "%");
    if (addressLength >= sizeof text) return;
    memcpy(text, self->name, addressLength);
    text[addressLength] = '\0';
    if (inet_pton(AF_INET, text, self->address) == 1) {
        self->addressLength = sizeof(struct in_addr);
    } else if (inet_pton(AF_INET6, text, self->address) == 1) {
        self->addressLength = sizeof(struct in6_addr);
    }
}

/* mbedTLS 2.28 matches names alone, so an address is looked for here, among the certificate's iPAddress entries and
 * nowhere else [RFC 6125, 6.4.4; RFC 5280, 4.2.1.6]. */
static bool is_for_address(const struct tls *self, const mbedtls_x509_crt *certificate)
{
    static const int ipAddress = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_IP_ADDRESS;
    const mbedtls_x509_sequence *entry = &certificate->subject_alt_names;
    for (; entry != NULL; entry = entry->next)
        if (entry->buf.tag == ipAddress && entry->buf.len == self->addressLength &&
            memcmp(entry->buf.p, self->address, self->addressLength) == 0)
            return true;
    return false;
}

/* mbedTLS calls this for each certificate of the chain; `depth` 0 is the server's own. */
static int verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct tls *self = context;
    if (depth == 0 && self->addressLength > 0 && !is_for_address(self, certificate))
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    const mbedtls_x509_buf *issuer = &certificate->issuer_raw;
    const mbedtls_x509_buf *subject = &certificate->subject_raw;
    if ((*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0 && issuer->len == subject->len &&
        memcmp(issuer->p, subject->p, issuer->len) == 0) {
        self->selfSigned = true;
        self->selfSignedDepth = depth;
    }
    return 0;
}

/* Handshake -------------------------------------------------------------------------------------------------------- */

/* In OpenSSL's words, as those of tls_certificate_reason(). */
static int32_t refuse_certificate(struct tls *self)
{
    struct stream *stream = &self->stream;
    uint32_t flags = mbedtls_ssl_get_verify_result(&self->ssl);
    const char *reason = tls_certificate_reason(flags);
    if (reason != NULL) return stream_fail(stream, HAL_EPROTO, "%s", reason);
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0)
        return stream_fail(stream, HAL_EPROTO, "%s mismatch: the server's certificate is not for %.100s",
                           self->addressLength > 0 ? "IP address" : "hostname", self->name);
    if (!self->selfSigned) return stream_fail(stream, HAL_EPROTO, "unable to get local issuer certificate");
    return stream_fail(stream, HAL_EPROTO, "self-signed certificate%s",
                       self->selfSignedDepth > 0 ? " in certificate chain" : "");
}

static int32_t refuse(struct tls *self, int error)
{
    struct stream *stream = &self->stream;
    if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) return refuse_certificate(self);
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && self->ssl.in_msg != NULL) {
        /* Level and description, as mbedTLS has just read them. */
        uint8_t alert = self->ssl.in_msg[1];
        const char *name = tls_alert_name(alert);
        if (name != NULL) return stream_fail(stream, HAL_EPROTO, "alert %s", name);
        return stream_fail(stream, HAL_EPROTO, "alert %u", alert);
    }
    const char *reason = tls_error_reason(self->belowError != 0 ? MBEDTLS_ERR_SSL_CONN_EOF : error);
    if (reason != NULL) return stream_fail(stream, HAL_EPROTO, "%s", reason);
    return stream_fail(stream, HAL_EPROTO, "mbedTLS error -0x%04X", (unsigned)-error);
}

static int32_t finish_handshake(struct tls *self)
{
    const char *selected = mbedtls_ssl_get_alpn_protocol(&self->ssl);
    if (self->alpn != NULL && (selected == NULL || strcmp(selected, self->alpn) != 0))
        return stream_fail(&self->stream, HAL_EPROTO, "the server does not select the ALPN protocol %.100s",
                           self->alpn);
    self->open = true;
    return 1;
}

static int32_t handshake(struct stream *stream)
{
    struct tls *self = (struct tls *)stream;
    if (self->open) return 1;
    int32_t below = stream_handshake(stream->below);
    if (below <= 0) return below;
    int result;
    int32_t drained;
    self->readable = READ_BYTES;
    do {
        result = mbedtls_ssl_handshake(&self->ssl);
        drained = drain(self);
        /* After an alert has been written the result matters more than that the peer has gone. */
        if (drained < 0 && (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE || result == 0))
            return refuse(self, MBEDTLS_ERR_SSL_CONN_EOF);
    } while (result == MBEDTLS_ERR_SSL_WANT_WRITE && drained > 0);
    if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) return 0;
    return result == 0 ? finish_handshake(self) : refuse(self, result);
}

/* Bytes ------------------------------------------------------------------------------------------------------------ */

/* How much plaintext fits into the output with a record's overhead. */
static uint32_t room(const struct tls *self)
{
    int overhead = mbedtls_ssl_get_record_expansion(&self->ssl);
    if (overhead < 0) return 0;
    uint32_t used = self->outputLength + (uint32_t)overhead + ALERT_BYTES;
    uint32_t left = used < OUTPUT_BYTES ? OUTPUT_BYTES - used : 0;
    return left < RECORD_BYTES ? left : RECORD_BYTES;
}

static int32_t send_bytes(struct stream *stream, const uint8_t *bytes, uint32_t length)
{
    struct tls *self = (struct tls *)stream;
    uint32_t taken = 0;
    for (;;) {
        int32_t drained = drain(self);
        if (drained < 0) return drained;
        uint32_t part = length - taken < room(self) ? length - taken : room(self);
        if (part == 0) return (int32_t)taken;
        int written = mbedtls_ssl_write(&self->ssl, bytes + taken, part);
        if (written <= 0)
            return stream_fail(stream, HAL_EPROTO, "TLS failed (mbedTLS error -0x%04X)", (unsigned)-written);
        taken += (uint32_t)written;
    }
}

/* What mbedtls_ssl_read() means if it is no length. */
static int32_t receive_failed(struct tls *self, int result)
{
    struct stream *stream = &self->stream;
    if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return HAL_EPIPE;
    /* An end without close_notify may be the work of someone on the way: it is none in good order. */
    if (self->belowError != 0) return self->belowError == HAL_EPIPE ? HAL_ECONNRESET : self->belowError;
    if (result == MBEDTLS_ERR_SSL_WANT_WRITE)
        return stream_fail(stream, HAL_EPROTO, "the server asks again and again, and does not take the answers");
    return stream_fail(stream, HAL_EPROTO, "TLS failed (mbedTLS error -0x%04X)", (unsigned)-result);
}

static int32_t receive(struct stream *stream, uint8_t *bytes, uint32_t capacity)
{
    struct tls *self = (struct tls *)stream;
    if (self->error != 0) return self->error;
    self->readable = READ_BYTES;
    int result = mbedtls_ssl_read(&self->ssl, bytes, capacity);
    if (result > 0) return result;
    /* Two empty records look like an end. */
    if (result == MBEDTLS_ERR_SSL_WANT_READ || (result == 0 && self->belowError == 0)) {
        (void)drain(self);
        return 0;
    }
    self->error = receive_failed(self, result);
    (void)drain(self);
    return self->error;
}

static int32_t flush(struct stream *stream)
{
    int32_t drained = drain((struct tls *)stream);
    return drained > 0 ? stream_flush(stream->below) : drained;
}

static void end(struct stream *stream)
{
    (void)mbedtls_ssl_close_notify(&((struct tls *)stream)->ssl);
}

static bool pending(const struct stream *stream)
{
    const struct tls *self = (const struct tls *)stream;
    return self->error != 0 || mbedtls_ssl_get_bytes_avail(&self->ssl) > 0 || stream_pending(stream->below);
}

static void release(struct stream *stream)
{
    mbedtls_ssl_free(&((struct tls *)stream)->ssl);
    free(stream);
}

struct stream *tls_stream(struct stream *below, const struct endpoint *endpoint, const struct tls_options *options)
{
    static const struct stream_type type = {"TLS", handshake, send_bytes, receive, flush, end, pending, release};
    struct tls *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->stream.type = &type;
    self->stream.below = below;
    self->alpn = endpoint->webSocket ? NULL : options->alpn;
    mbedtls_ssl_init(&self->ssl);
    take_name(self, options->serverName != NULL ? options->serverName : endpoint->host);
    /* Without a name there is no SNI, which takes no address [RFC 6066, 3]. */
    if (mbedtls_ssl_setup(&self->ssl, credentials_config(self->alpn != NULL)) != 0 ||
        mbedtls_ssl_set_hostname(&self->ssl, self->addressLength > 0 ? NULL : self->name) != 0) {
        release(&self->stream);
        return NULL;
    }
    mbedtls_ssl_set_verify(&self->ssl, verify, self);
    mbedtls_ssl_set_bio(&self->ssl, self, write_record, read_record, NULL);
    return &self->stream;
}
