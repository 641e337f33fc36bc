#include "heap.h"

#include <inttypes.h>

#include "esp_heap_caps.h"
#include "esp_log.h"

static const char *const tag = "heap";

struct heap_figures heap_figures(void)
{
    const uint32_t internal = MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT;
    return (struct heap_figures){
        .free = (uint32_t)heap_caps_get_free_size(internal),
        .largest = (uint32_t)heap_caps_get_largest_free_block(internal),
        .least = (uint32_t)heap_caps_get_minimum_free_size(internal),
    };
}

void heap_log(const char *when)
{
    struct heap_figures figures = heap_figures();
    ESP_LOGI(tag, "%s: %" PRIu32 " bytes free, largest block %" PRIu32 ", least ever %" PRIu32, when, figures.free,
             figures.largest, figures.least);
}
