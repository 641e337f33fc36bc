#include "wiring.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bme280.h"
#include "nearest.h"
#include "sht3x.h"

enum option { SDA, SCL, ADDRESS, QUANTITY, PIN, ACTIVE, VALUE, OPTIONS };

static const char *const optionNames[OPTIONS] = {"sda", "scl", "address", "quantity", "pin", "active", "value"};

#define BIT(option) (1U << (option))
#define I2C_OPTIONS (BIT(SDA) | BIT(SCL) | BIT(ADDRESS) | BIT(QUANTITY))

#define QUANTITIES 3

static const char *const quantityNames[QUANTITIES] = {"temperature", "humidity", "pressure"};

/* What a driver takes. */
static const struct driver {
    const char *name;
    enum wiring_driver driver;
    bool sensor;
    uint32_t options;
    uint32_t required;
    uint8_t addresses[2];
    /** How many of quantityNames it measures. */
    uint32_t quantities;
    const char *usage;
} drivers[] = {
    {"sht3x",
     WIRING_SHT3X,
     true,
     I2C_OPTIONS,
     BIT(SDA) | BIT(SCL),
     {SHT3X_ADDRESS, SHT3X_ADDRESS_2},
     2,
     "sht3x,sda=5,scl=6,address=0x44,quantity=temperature"},
    {"bme280",
     WIRING_BME280,
     true,
     I2C_OPTIONS,
     BIT(SDA) | BIT(SCL),
     {BME280_ADDRESS, BME280_ADDRESS_2},
     3,
     "bme280,sda=5,scl=6,address=0x76,quantity=temperature"},
    {"internal", WIRING_INTERNAL, true, 0, 0, {0, 0}, 1, "internal"},
    {"ds18b20", WIRING_DS18B20, true, BIT(PIN), BIT(PIN), {0, 0}, 1, "ds18b20,pin=4"},
    {"constant", WIRING_CONSTANT, true, BIT(VALUE), BIT(VALUE), {0, 0}, 1, "constant,value=17.2"},
    {"gpio", WIRING_GPIO, false, BIT(PIN) | BIT(ACTIVE), BIT(PIN), {0, 0}, 0, "gpio,pin=8,active=high"},
};

#define DRIVERS (sizeof drivers / sizeof drivers[0])

/* A part of the text, without a NUL. */
struct word {
    const char *text;
    uint32_t length;
};

struct parse {
    const struct settings_chip *chip;
    const struct driver *driver;
    /** A bit for each option that was given. */
    uint32_t given;
    uint8_t numbers[OPTIONS];
    /** Of the option `value`, in thousandths. */
    int32_t value;
    char *text;
};

static bool is(struct word word, const char *text)
{
    return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

/* Takes what stands before `mark`; the mark is taken too. */
static struct word take(struct word *rest, char mark)
{
    const char *found = rest->length > 0 ? memchr(rest->text, mark, rest->length) : NULL;
    struct word word = *rest;
    if (found == NULL) {
        rest->text += rest->length;
        rest->length = 0;
        return word;
    }
    word.length = (uint32_t)(found - rest->text);
    rest->text += word.length + 1;
    rest->length -= word.length + 1;
    return word;
}

/* What is wrong, in which "%s" stands for a part of the text. */
static bool refuse(const struct parse *parse, const char *format, struct word word, const char *cure)
{
    char quote[NEAREST_BYTES + 1];
    nearest_quote(word.text, word.length, quote);
    (void)snprintf(parse->text, SETTINGS_TEXT_BYTES, format, quote, cure);
    return false;
}

/* Options ---------------------------------------------------------------------------------------------------------- */

static bool take_pin(struct parse *parse, enum option option, struct word value)
{
    uint32_t pin = 0;
    bool good = value.length > 0 && value.length <= 2;
    for (uint32_t i = 0; good && i < value.length; i++) {
        good = value.text[i] >= '0' && value.text[i] <= '9';
        pin = pin * 10 + (uint32_t)(value.text[i] - '0');
    }
    if (!good)
        return refuse(parse, "\"%s\" is not a pin; give the number of a GPIO, such as in %s", value,
                      parse->driver->usage);
    if (pin >= 64 || (parse->chip->pins >> pin & 1) == 0)
        return refuse(parse, "GPIO %s is no output, or not free, on an %s; wire it to another pin", value,
                      parse->chip->name);
    parse->numbers[option] = (uint8_t)pin;
    return true;
}

static bool take_address(struct parse *parse, struct word value)
{
    for (uint32_t i = 0; i < 2; i++) {
        char name[5];
        (void)snprintf(name, sizeof name, "0x%02x", parse->driver->addresses[i]);
        if (!is(value, name)) continue;
        parse->numbers[ADDRESS] = parse->driver->addresses[i];
        return true;
    }
    const uint8_t *addresses = parse->driver->addresses;
    (void)snprintf(parse->text, SETTINGS_TEXT_BYTES, "address of %s must be 0x%02x or 0x%02x", parse->driver->name,
                   addresses[0], addresses[1]);
    return false;
}

static bool take_quantity(struct parse *parse, struct word value)
{
    for (uint32_t i = 0; i < QUANTITIES && i < parse->driver->quantities; i++) {
        if (!is(value, quantityNames[i])) continue;
        parse->numbers[QUANTITY] = (uint8_t)i;
        return true;
    }
    (void)snprintf(parse->text, SETTINGS_TEXT_BYTES, "quantity of %s must be temperature%s", parse->driver->name,
                   parse->driver->quantities == QUANTITIES ? ", humidity or pressure" : " or humidity");
    return false;
}

static bool take_active(struct parse *parse, struct word value)
{
    if (!is(value, "high") && !is(value, "low"))
        return refuse(parse, "active=%s: it must be high or low, such as in %s", value, parse->driver->usage);
    parse->numbers[ACTIVE] = is(value, "high") ? 1 : 0;
    return true;
}

/* Digits of a number before its point, and after it. */
#define WHOLE_DIGITS 4
#define PART_DIGITS 3

/* A decimal number, as thousandths. */
static bool take_value(struct parse *parse, struct word value)
{
    struct word digits = value;
    bool negative = digits.length > 0 && digits.text[0] == '-';
    if (negative) {
        digits.text++;
        digits.length--;
    }
    const struct word whole = take(&digits, '.');
    bool good = whole.length > 0 && whole.length <= WHOLE_DIGITS && digits.length <= PART_DIGITS;
    /* A point with nothing behind it. */
    good = good && (digits.length > 0 || value.text[value.length - 1] != '.');
    int32_t number = 0;
    for (uint32_t i = 0; good && i < whole.length + PART_DIGITS; i++) {
        char digit = '0';
        if (i < whole.length) {
            digit = whole.text[i];
        } else if (i - whole.length < digits.length) {
            digit = digits.text[i - whole.length];
        }
        good = digit >= '0' && digit <= '9';
        number = number * 10 + (digit - '0');
    }
    if (!good || number > (negative ? 1000000 : 2000000))
        return refuse(parse, "\"%s\" is no value from -1000 to 2000 with at most three places; write it as %s", value,
                      parse->driver->usage);
    parse->value = negative ? -number : number;
    return true;
}

static bool take_option(struct parse *parse, struct word text)
{
    struct word value = text;
    struct word name = take(&value, '=');
    uint32_t option = 0;
    while (option < OPTIONS && !is(name, optionNames[option]))
        option++;
    if (option == OPTIONS || (parse->driver->options & BIT(option)) == 0)
        return refuse(parse, "\"%s\" is no option of it; write it as %s", name, parse->driver->usage);
    if ((parse->given & BIT(option)) != 0)
        return refuse(parse, "%s is given twice; write it as %s", name, parse->driver->usage);
    parse->given |= BIT(option);
    switch ((enum option)option) {
    case SDA:
    case SCL:
    case PIN:
        return take_pin(parse, (enum option)option, value);
    case ADDRESS:
        return take_address(parse, value);
    case QUANTITY:
        return take_quantity(parse, value);
    case ACTIVE:
        return take_active(parse, value);
    case VALUE:
        return take_value(parse, value);
    case OPTIONS:
        break;
    }
    return false;
}

/* Drivers ---------------------------------------------------------------------------------------------------------- */

static bool take_driver(struct parse *parse, struct word name, bool sensor)
{
    for (size_t i = 0; i < DRIVERS; i++)
        if (drivers[i].sensor == sensor && is(name, drivers[i].name)) parse->driver = &drivers[i];
    if (parse->driver == NULL)
        return refuse(parse, "\"%s\" is no driver; use %s", name,
                      sensor ? "sht3x, bme280, internal, ds18b20 or constant" : "gpio");
    if (parse->driver->driver == WIRING_INTERNAL && !parse->chip->internal)
        return refuse(parse, "%s: the %s has no temperature sensor of its own; wire a probe", name, parse->chip->name);
    if (parse->driver->driver == WIRING_DS18B20 && !parse->chip->ds18b20)
        return refuse(parse, "%s: this firmware was built without its driver; %s", name,
                      "build it in, or use sht3x or bme280");
    return true;
}

static bool parse_all(struct parse *parse, struct word rest, bool sensor)
{
    const struct word whole = rest;
    const struct word name = take(&rest, ',');
    if (!take_driver(parse, name, sensor)) return false;
    const struct driver *driver = parse->driver;
    parse->numbers[ADDRESS] = driver->addresses[0];
    parse->numbers[QUANTITY] = PROBE_TEMPERATURE;
    parse->numbers[ACTIVE] = 1;
    if (whole.text[whole.length - 1] == ',')
        return refuse(parse, "%s... ends in a comma; write it as %s", name, driver->usage);
    while (rest.length > 0)
        if (!take_option(parse, take(&rest, ','))) return false;
    for (uint32_t option = 0; option < OPTIONS; option++) {
        if ((driver->required & ~parse->given & BIT(option)) == 0) continue;
        const struct word missing = {optionNames[option], (uint32_t)strlen(optionNames[option])};
        return refuse(parse, "%s= is missing; write it as %s", missing, driver->usage);
    }
    if (driver->options == I2C_OPTIONS && parse->numbers[SDA] == parse->numbers[SCL])
        return refuse(parse, "%s and scl can't be one pin; write it as %s", (struct word){"sda", 3}, driver->usage);
    return true;
}

bool wiring_sensor(const char *value, uint32_t length, const struct settings_chip *chip, struct sensor_wiring *wiring,
                   char text[SETTINGS_TEXT_BYTES])
{
    struct parse parse = {.chip = chip};
    parse.text = text;
    if (!parse_all(&parse, (struct word){value, length}, true)) return false;
    *wiring = (struct sensor_wiring){
        .driver = parse.driver->driver,
        .quantity = (enum probe_quantity)parse.numbers[QUANTITY],
        .sda = parse.numbers[SDA],
        .scl = parse.numbers[SCL],
        .address = parse.numbers[ADDRESS],
        .pin = parse.numbers[PIN],
        .value = parse.value,
    };
    return true;
}

bool wiring_actuator(const char *value, uint32_t length, const struct settings_chip *chip,
                     struct actuator_wiring *wiring, char text[SETTINGS_TEXT_BYTES])
{
    struct parse parse = {.chip = chip};
    parse.text = text;
    if (!parse_all(&parse, (struct word){value, length}, false)) return false;
    *wiring = (struct actuator_wiring){
        .driver = parse.driver->driver,
        .pin = parse.numbers[PIN],
        .activeHigh = parse.numbers[ACTIVE] == 1,
    };
    return true;
}
