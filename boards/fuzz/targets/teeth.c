/* No target but a test of the fuzzing itself: it reads past its input once the input begins with "NODE". */

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.next = data, .left = size};
    uint8_t *bytes = input_rest(&input);
    bool found = size >= 4 && bytes[0] == 'N' && bytes[1] == 'O' && bytes[2] == 'D' && bytes[3] == 'E';
    if (found) CLAIM(*(volatile uint8_t *)&bytes[size] != 'R');
    free(bytes);
    return 0;
}
