/* The board's memcpy() and so on, under other names, against the PC's: every offset, length and distance that matters.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Of machine/memory.c, which is compiled with these names. */
void *board_memcpy(void *to, const void *from, size_t length);
void *board_memmove(void *to, const void *from, size_t length);
void *board_memset(void *to, int value, size_t length);

#define AREA 160
#define MAX_LENGTH 70
#define MAX_OFFSET 5

static uint8_t expected[AREA];
static uint8_t actual[AREA];

static void fill(void)
{
    for (uint32_t i = 0; i < AREA; i++)
        expected[i] = actual[i] = (uint8_t)(i * 7 + 1);
}

static int compare(const char *what, uint32_t to, uint32_t from, uint32_t length)
{
    if (memcmp(expected, actual, AREA) == 0) return 0;
    (void)printf("%s of %u bytes from %u to %u\n", what, length, from, to);
    return 1;
}

int main(void)
{
    int wrong = 0;
    for (uint32_t length = 0; length <= MAX_LENGTH; length++) {
        for (uint32_t to = 0; to < MAX_OFFSET; to++) {
            for (uint32_t from = 80; from < 80 + MAX_OFFSET; from++) {
                fill();
                (void)memcpy(expected + to, expected + from, length);
                if (board_memcpy(actual + to, actual + from, length) != actual + to) wrong++;
                wrong += compare("copying", to, from, length);
            }
            fill();
            (void)memset(expected + to, 0x1a5, length);
            if (board_memset(actual + to, 0x1a5, length) != actual + to) wrong++;
            wrong += compare("filling", to, 0, length);
        }
        for (uint32_t to = 0; to < 48; to++) {
            for (uint32_t from = 20; from < 28; from++) {
                fill();
                (void)memmove(expected + to, expected + from, length);
                if (board_memmove(actual + to, actual + from, length) != actual + to) wrong++;
                wrong += compare("moving", to, from, length);
            }
        }
    }
    return wrong == 0 ? 0 : 1;
}
