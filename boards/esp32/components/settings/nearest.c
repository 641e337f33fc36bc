#include "nearest.h"

#include <string.h>

#define MOST_ERRORS 2

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The distance of Damerau and Levenshtein in its restricted form, with the last three rows of its matrix. */
static uint32_t distance(const char *a, uint32_t aLength, const char *b, uint32_t bLength)
{
    uint8_t rows[3][NEAREST_BYTES + 1] = {{0}};
    for (uint32_t j = 0; j <= bLength; j++)
        rows[0][j] = (uint8_t)j;
    for (uint32_t i = 1; i <= aLength; i++) {
        uint8_t *row = rows[i % 3];
        const uint8_t *before = rows[(i + 2) % 3];
        const uint8_t *twoBefore = rows[(i + 1) % 3];
        row[0] = (uint8_t)i;
        for (uint32_t j = 1; j <= bLength; j++) {
            uint32_t same = a[i - 1] == b[j - 1] ? 0 : 1;
            uint32_t best = least(least(before[j] + 1, row[j - 1] + 1), before[j - 1] + same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, twoBefore[j - 2] + 1);
            row[j] = (uint8_t)best;
        }
    }
    return rows[aLength % 3][bLength];
}

uint32_t nearest_distance(const char *typed, uint32_t length, const char *word)
{
    uint32_t wordLength = (uint32_t)strlen(word);
    if (length > NEAREST_BYTES || wordLength > NEAREST_BYTES) return NEAREST_FAR;
    uint32_t errors = distance(typed, length, word, wordLength);
    return errors > MOST_ERRORS || errors * 3 > wordLength ? NEAREST_FAR : errors;
}

void nearest_quote(const char *text, uint32_t length, char quote[NEAREST_BYTES + 1])
{
    uint32_t shown = least(length, NEAREST_BYTES);
    for (uint32_t i = 0; i < shown; i++)
        quote[i] = (char)(text[i] > ' ' && text[i] <= '~' && text[i] != '"' ? text[i] : '?');
    quote[shown] = '\0';
}
