#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "random.h"

/* Several times as much as a system's bundle has, and a NUL. */
#define PEM_BYTES ((1 << 20) + 1)

#define CERTIFICATE "-----BEGIN CERTIFICATE-----"
#define PRIVATE_KEY "PRIVATE KEY-----"

#define GIVE_CA "install the package ca-certificates, or give --ca"
#define CHECK_PATH "check its path and its permissions"

/* A plain one, and one that offers --alpn. */
static mbedtls_ssl_config configs[2];
static mbedtls_x509_crt trusted;
static mbedtls_x509_crt own;
static mbedtls_pk_context key;
/* mbedtls_ssl_conf_alpn_protocols() keeps the pointer. */
static const char *protocols[2];
static bool ready;

/* `what` has one conversion, for the file. Returns false, as what called it does then. */
__attribute__((format(printf, 2, 0))) static bool refuse(struct transport_problem *problem, const char *what,
                                                         const char *file, const char *cure)
{
    (void)snprintf(problem->what, sizeof problem->what, what, file);
    problem->cure = cure;
    return false;
}

static void discard(unsigned char *bytes)
{
    mbedtls_platform_zeroize(bytes, PEM_BYTES);
    free(bytes);
}

/* The bytes of a file and a NUL, which mbedTLS wants behind PEM. Past stdio, so that no buffer keeps what a key file
 * holds. NULL: it can't be read, or is too long; free it with discard(). */
static unsigned char *read_pem(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return NULL;
    unsigned char *bytes = calloc(1, PEM_BYTES);
    size_t used = 0;
    ssize_t part = -1;
    while (bytes != NULL && used < PEM_BYTES) {
        part = read(file, bytes + used, PEM_BYTES - used);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) break;
        used += (size_t)part;
    }
    (void)close(file);
    if (part == 0 || bytes == NULL) return bytes;
    discard(bytes);
    return NULL;
}

/* Adds a file's certificates to `chain`. `all`: each of them must be one that mbedTLS can read. */
static bool read_certificates(struct transport_problem *problem, const char *path, bool all, mbedtls_x509_crt *chain)
{
    unsigned char *bytes = read_pem(path);
    if (bytes == NULL) return refuse(problem, "can't read the certificates %.200s", path, CHECK_PATH);
    bool pem = strstr((const char *)bytes, CERTIFICATE) != NULL;
    int result = pem ? mbedtls_x509_crt_parse(chain, bytes, strlen((const char *)bytes) + 1) : 0;
    discard(bytes);
    if (!pem) return refuse(problem, "%.200s holds no certificate", path, "it must be PEM: " CERTIFICATE);
    if (result < 0 || (all && result > 0))
        return refuse(problem, "%.200s holds a certificate that can't be read", path,
                      "see what `openssl x509 -text -in` says about it");
    return true;
}

static bool read_key(struct transport_problem *problem, const char *path)
{
    unsigned char *bytes = read_pem(path);
    if (bytes == NULL) return refuse(problem, "can't read the key %.200s", path, CHECK_PATH);
    bool pem = strstr((const char *)bytes, PRIVATE_KEY) != NULL;
    int result = pem ? mbedtls_pk_parse_key(&key, bytes, strlen((const char *)bytes) + 1, NULL, 0) : 0;
    bool encrypted = pem && strstr((const char *)bytes, "ENCRYPTED") != NULL;
    discard(bytes);
    if (!pem)
        return refuse(problem, "%.200s holds no private key", path, "it must be PEM: -----BEGIN PRIVATE KEY-----");
    if (result == 0) return true;
    if (encrypted)
        return refuse(problem, "the key %.200s is encrypted", path, "decrypt it: openssl pkey -in KEY -out PLAINKEY");
    return refuse(problem, "%.200s holds a private key that can't be read", path,
                  "use an RSA key or one on the curve P-256 or P-384");
}

/* Where systems keep the CA certificates that they trust. */
static const char *system_bundle(void)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (access(places[i], R_OK) == 0) return places[i];
    return NULL;
}

static bool read_trusted(struct transport_problem *problem, const struct tls_options *options, bool needed)
{
    if (options->caFile != NULL) return read_certificates(problem, options->caFile, true, &trusted);
    if (options->insecure || !needed) return true;
    const char *bundle = getenv("SSL_CERT_FILE");
    if (bundle == NULL || *bundle == '\0') bundle = system_bundle();
    if (bundle == NULL) return refuse(problem, "this system has no CA certificates%.0s", "", GIVE_CA);
    /* A bundle of a whole system may hold some of a kind that mbedTLS does not know. */
    return read_certificates(problem, bundle, false, &trusted);
}

static bool read_own(struct transport_problem *problem, const struct tls_options *options)
{
    if (options->certFile == NULL) return true;
    if (!read_certificates(problem, options->certFile, true, &own) || !read_key(problem, options->keyFile))
        return false;
    if (mbedtls_pk_check_pair(&own.pk, &key) == 0) return true;
    return refuse(problem, "the key %.200s is not that of the certificate", options->keyFile,
                  "the client's own certificate must be the first in its file");
}

static bool configure(mbedtls_ssl_config *config, const struct tls_options *options)
{
    if (mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return false;
    /* TLS 1.2, which is also the most that mbedTLS 2.28 speaks. */
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_dhm_min_bitlen(config, 2048);
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    mbedtls_ssl_conf_rng(config, random_bytes, NULL);
    mbedtls_ssl_conf_authmode(config, options->insecure ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(config, &trusted, NULL);
    return options->certFile == NULL || mbedtls_ssl_conf_own_cert(config, &own, &key) == 0;
}

bool credentials_init(const struct tls_options *options, bool needed, struct transport_problem *problem)
{
    for (size_t i = 0; i < 2; i++)
        mbedtls_ssl_config_init(&configs[i]);
    mbedtls_x509_crt_init(&trusted);
    mbedtls_x509_crt_init(&own);
    mbedtls_pk_init(&key);
    ready = true;
    if (!read_trusted(problem, options, needed) || !read_own(problem, options)) return false;
    protocols[0] = options->alpn;
    if (configure(&configs[0], options) && configure(&configs[1], options) &&
        (options->alpn == NULL || mbedtls_ssl_conf_alpn_protocols(&configs[1], protocols) == 0))
        return true;
    return refuse(problem, "there is no memory for TLS%.0s", "", "end other programs");
}

const mbedtls_ssl_config *credentials_config(bool alpn)
{
    return &configs[alpn ? 1 : 0];
}

void credentials_free(void)
{
    if (!ready) return;
    for (size_t i = 0; i < 2; i++)
        mbedtls_ssl_config_free(&configs[i]);
    mbedtls_x509_crt_free(&trusted);
    mbedtls_x509_crt_free(&own);
    mbedtls_pk_free(&key);
    ready = false;
}
