#include "ds18b20.h"

#include <stdbool.h>

/* Bytes of the scratchpad ["Memory"]. */
#define TEMPERATURE 0
#define CONFIGURATION 4
#define CRC 8

/* Sixteenths of a degree: what it shows from power-on on, and what it is specified for ["Operation: Measuring
 * Temperature"]. */
#define POWER_ON 0x0550
#define LEAST (-55 * 16)
#define MOST (125 * 16)

uint8_t ds18b20_crc(const uint8_t *bytes, uint32_t length)
{
    uint8_t crc = 0;
    for (uint32_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint8_t)((crc & 1) != 0 ? crc >> 1 ^ 0x8c : crc >> 1);
    }
    return crc;
}

/* A line without power reads as zeros, whose CRC is right, and one without a probe as ones. */
static bool is_stuck(const uint8_t scratchpad[DS18B20_SCRATCHPAD_BYTES])
{
    if (scratchpad[0] != 0x00 && scratchpad[0] != 0xff) return false;
    for (uint32_t i = 1; i < DS18B20_SCRATCHPAD_BYTES; i++)
        if (scratchpad[i] != scratchpad[0]) return false;
    return true;
}

enum probe_fault ds18b20_convert(const uint8_t scratchpad[DS18B20_SCRATCHPAD_BYTES], int32_t *temperature)
{
    if (is_stuck(scratchpad)) return scratchpad[0] == 0xff ? PROBE_NO_ANSWER : PROBE_STUCK;
    if (ds18b20_crc(scratchpad, CRC) != scratchpad[CRC]) return PROBE_CHECKSUM;
    /* Bit 7 is 0 and the low five are 1, whatever the resolution ["Configuration Register"]. */
    uint8_t configuration = scratchpad[CONFIGURATION];
    if ((configuration & 0x9f) != 0x1f) return PROBE_OTHER_CHIP;

    int32_t sixteenths = scratchpad[TEMPERATURE] | scratchpad[TEMPERATURE + 1] << 8;
    if (sixteenths > INT16_MAX) sixteenths -= 0x10000;
    if (sixteenths == POWER_ON) return PROBE_NOT_MEASURED;
    if (sixteenths < LEAST || sixteenths > MOST) return PROBE_IMPLAUSIBLE;
    /* With 9, 10 or 11 bits the lowest three, two or one mean nothing; `&` rounds down, also below zero. */
    sixteenths &= ~(7 >> (configuration >> 5 & 3));
    /* 62.5 thousandths each, the half rounded away from zero. */
    int32_t halves = sixteenths * 125;
    *temperature = (halves + (halves < 0 ? -1 : 1)) / 2;
    return PROBE_OK;
}
