#include <stdatomic.h>

#include "sdkconfig.h"

#include "led_pattern.h"

#if CONFIG_WASMOTE_LED >= 0

#include "driver/gpio.h"
#include "esp_timer.h"

static _Atomic enum led_state shown;
static uint32_t tick;

static void on_tick(void *context)
{
    (void)context;
    bool lit = led_pattern(atomic_load(&shown), tick++);
#if CONFIG_WASMOTE_LED_ACTIVE_LOW
    lit = !lit;
#endif
    (void)gpio_set_level(CONFIG_WASMOTE_LED, lit);
}

void led_init(void)
{
    const gpio_config_t config = {.pin_bit_mask = UINT64_C(1) << CONFIG_WASMOTE_LED, .mode = GPIO_MODE_OUTPUT};
    const esp_timer_create_args_t arguments = {.callback = on_tick, .name = "led", .skip_unhandled_events = true};
    esp_timer_handle_t timer;
    if (gpio_config(&config) == ESP_OK && esp_timer_create(&arguments, &timer) == ESP_OK)
        (void)esp_timer_start_periodic(timer, LED_TICK_MS * 1000);
}

void led_show(enum led_state state)
{
    atomic_store(&shown, state);
}

#else

void led_init(void) {}

void led_show(enum led_state state)
{
    (void)state;
}

#endif
