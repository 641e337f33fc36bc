#include "random.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
static bool ready;

bool random_init(void)
{
    static const unsigned char purpose[] = "wasmote-posix";
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&generator);
    ready = true;
    return mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, purpose, sizeof purpose - 1) == 0;
}

int random_bytes(void *unused, unsigned char *bytes, size_t length)
{
    (void)unused;
    return mbedtls_ctr_drbg_random(&generator, bytes, length);
}

void random_free(void)
{
    if (!ready) return;
    mbedtls_ctr_drbg_free(&generator);
    mbedtls_entropy_free(&entropy);
    ready = false;
}
