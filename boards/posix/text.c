#include "text.h"

#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool text_to_u32(const char *text, uint32_t maximum, uint32_t *value)
{
    uint64_t number = 0;
    if (*text == '\0') return false;
    for (; *text != '\0'; text++) {
        if (!is_digit(*text)) return false;
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > maximum) return false;
    }
    *value = (uint32_t)number;
    return true;
}

/* Digits, and perhaps a point and at most three more. Moves `text` behind the number. */
static bool take_thousandths(const char **text, int maxDigits, uint64_t *thousandths)
{
    const char *at = *text;
    uint64_t number = 0;
    int digits = 0;
    for (; is_digit(*at) && digits < maxDigits; digits++)
        number = number * 10 + (uint64_t)(*at++ - '0');
    if (digits == 0 || is_digit(*at)) return false;
    number *= 1000;
    if (*at == '.') {
        at++;
        if (!is_digit(*at)) return false;
        for (uint64_t unit = 100; is_digit(*at) && unit > 0; unit /= 10)
            number += unit * (uint64_t)(*at++ - '0');
        if (is_digit(*at)) return false;
    }
    *thousandths = number;
    *text = at;
    return true;
}

bool text_to_thousandths(const char *text, int32_t *thousandths, const char **end)
{
    bool negative = *text == '-';
    if (negative) text++;
    uint64_t number;
    /* 2,000,000 and a fraction still fit into 31 bits. */
    if (!take_thousandths(&text, 7, &number) || number >= UINT64_C(2000001000)) return false;
    *thousandths = negative ? -(int32_t)number : (int32_t)number;
    *end = text;
    return true;
}

bool text_to_ms(const char *text, uint32_t *ms)
{
    static const struct {
        const char *suffix;
        uint32_t ms;
    } units[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    uint64_t thousandths;
    const char *suffix = text;
    /* Nine digits of hours still fit into 64 bits. */
    if (!take_thousandths(&suffix, 9, &thousandths)) return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(suffix, units[i].suffix) != 0) continue;
        uint64_t total = thousandths * units[i].ms;
        if (total % 1000 != 0 || total / 1000 > UINT32_MAX) return false;
        *ms = (uint32_t)(total / 1000);
        return true;
    }
    return false;
}
