#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bme280.h"
#include "ds18b20.h"
#include "records.h"
#include "sht3x.h"

/* What the chip sends: two words with their CRC. */
static bool convert_sht3x(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    int32_t temperature = 0;
    int32_t humidity = 0;
    (void)settings;
    if (length != SHT3X_RESULT_BYTES) return false;
    enum probe_fault fault = sht3x_convert(record, &temperature, &humidity);
    (void)printf("%ld %ld; %s", (long)temperature, (long)humidity, probe_fault_text(fault));
    return true;
}

/* The trimming parameters, then the data registers. */
static bool convert_bme280(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    struct bme280_trim trim;
    struct bme280_values values = {0, 0, 0};
    (void)settings;
    if (length != BME280_TRIM_BYTES + BME280_RESULT_BYTES) return false;
    enum probe_fault fault = bme280_unpack(record, &trim);
    if (fault == PROBE_OK) fault = bme280_convert(record + BME280_TRIM_BYTES, &trim, &values);
    (void)printf("%ld %ld %ld; %s", (long)values.temperature, (long)values.humidity, (long)values.pressure,
                 probe_fault_text(fault));
    return true;
}

/* The scratchpad. */
static bool convert_ds18b20(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    int32_t temperature = 0;
    (void)settings;
    if (length != DS18B20_SCRATCHPAD_BYTES) return false;
    enum probe_fault fault = ds18b20_convert(record, &temperature);
    (void)printf("%ld; %s", (long)temperature, probe_fault_text(fault));
    return true;
}

/* Any bytes: both CRCs. */
static bool compute_crcs(const struct settings *settings, const uint8_t *record, uint32_t length)
{
    (void)settings;
    (void)printf("%d %d", sht3x_crc(record, length), ds18b20_crc(record, length));
    return true;
}

record_handler records_probes(const char *mode)
{
    if (strcmp(mode, "sht3x") == 0) return convert_sht3x;
    if (strcmp(mode, "bme280") == 0) return convert_bme280;
    if (strcmp(mode, "ds18b20") == 0) return convert_ds18b20;
    if (strcmp(mode, "crc8") == 0) return compute_crcs;
    return NULL;
}
