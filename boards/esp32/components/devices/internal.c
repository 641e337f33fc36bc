#include "internal.h"

#include "soc/soc_caps.h"

#include "abi.h"

#if SOC_TEMP_SENSOR_SUPPORTED

#include "driver/temperature_sensor.h"

static temperature_sensor_handle_t sensor;

bool internal_init(void)
{
    if (sensor != NULL) return true;
    const temperature_sensor_config_t config = TEMPERATURE_SENSOR_CONFIG_DEFAULT(-10, 80);
    return temperature_sensor_install(&config, &sensor) == ESP_OK && temperature_sensor_enable(sensor) == ESP_OK;
}

int32_t internal_read(int32_t *value)
{
    float celsius = 0;
    if (temperature_sensor_get_celsius(sensor, &celsius) != ESP_OK) return HAL_EIO;
    *value = (int32_t)(celsius * 1000);
    return 0;
}

#else

bool internal_init(void)
{
    return false;
}

int32_t internal_read(int32_t *value)
{
    (void)value;
    return HAL_EIO;
}

#endif
