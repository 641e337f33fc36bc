#include "esp_random.h"

#include "board.h"

int32_t board_random(void)
{
    return (int32_t)esp_random();
}
