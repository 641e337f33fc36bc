#include "secrets.h"

#include <string.h>

static uint8_t lower(uint8_t letter)
{
    return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter + 'a' - 'A') : letter;
}

bool secrets_is_key(const uint8_t *key, uint32_t length)
{
    static const char *const ends[] = {"password", "secret", "token"};
    for (uint32_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        uint32_t size = (uint32_t)strlen(ends[i]);
        if (size > length) continue;
        uint32_t same = 0;
        while (same < size && lower(key[length - size + same]) == (uint8_t)ends[i][same])
            same++;
        if (same == size) return true;
    }
    return false;
}

bool secrets_add(struct secrets *secrets, const uint8_t *bytes, uint32_t length)
{
    if (length == 0) return true;
    if (length < SECRETS_LEAST_PART || secrets->count == SECRETS_MAX) return false;
    secrets->values[secrets->count++] = (struct secret){bytes, length};
    if (length > secrets->reach) secrets->reach = length;
    return true;
}

/* How many bytes are a part of the secret, at most. */
static uint32_t longest_part(const uint8_t *bytes, uint32_t length, const struct secret *secret)
{
    uint32_t longest = 0;
    for (uint32_t from = 0; from + SECRETS_LEAST_PART <= secret->length; from++) {
        uint32_t same = 0;
        while (same < length && from + same < secret->length && bytes[same] == secret->bytes[from + same])
            same++;
        if (same > longest) longest = same;
    }
    return longest;
}

void secrets_find(const struct secrets *secrets, const uint8_t *bytes, uint32_t start, uint32_t end, uint8_t *found)
{
    for (uint32_t i = 0; i < secrets->count; i++) {
        for (uint32_t at = start; at + SECRETS_LEAST_PART <= end;) {
            uint32_t length = longest_part(bytes + at, end - at, &secrets->values[i]);
            if (length < SECRETS_LEAST_PART) {
                at++;
                continue;
            }
            memset(found + at, 1, length);
            at += length - SECRETS_LEAST_PART + 1;
        }
    }
}

void secrets_remove(const struct secrets *secrets, uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < secrets->count; i++) {
        const struct secret *secret = &secrets->values[i];
        for (uint32_t at = 0; secret->length <= length && at <= length - secret->length; at++)
            if (memcmp(bytes + at, secret->bytes, secret->length) == 0)
                memset(bytes + at, SECRETS_STAND_IN, secret->length);
    }
}
