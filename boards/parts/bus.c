#include "bus.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "bme280.h"
#include "sht3x.h"

#define ANSWERS 64
#define ANSWER_BYTES 64
#define LINE_BYTES 256
#define EXIT_USAGE 2

/* What the bus says to the next transfer of its kind. */
struct answer {
    bool read;
    bool acknowledged;
    uint32_t length;
    uint8_t bytes[ANSWER_BYTES];
};

static struct answer answers[ANSWERS];
static uint32_t queued;
static uint32_t taken;

static const char *const quantityNames[] = {"temperature", "humidity", "pressure"};

/* The bus -----------------------------------------------------------------------------------------------------------
 */

static const struct answer *next_answer(bool read, uint32_t length)
{
    if (taken == queued || answers[taken].read != read || !answers[taken].acknowledged) {
        if (taken < queued && answers[taken].read == read) taken++;
        return NULL;
    }
    const struct answer *answer = &answers[taken++];
    return !read || answer->length == length ? answer : NULL;
}

static int32_t bus_write(void *context, uint8_t address, const uint8_t *bytes, uint32_t length)
{
    (void)context;
    const struct answer *answer = next_answer(false, length);
    (void)printf("w %02x ", address);
    for (uint32_t i = 0; i < length; i++)
        (void)printf("%02x", bytes[i]);
    (void)printf("%s; ", answer != NULL ? "" : " nack");
    return answer != NULL ? 0 : HAL_EIO;
}

static int32_t bus_read(void *context, uint8_t address, uint8_t *bytes, uint32_t length)
{
    (void)context;
    const struct answer *answer = next_answer(true, length);
    (void)printf("r %02x %lu%s; ", address, (unsigned long)length, answer != NULL ? "" : " nack");
    if (answer == NULL) return HAL_EIO;
    memcpy(bytes, answer->bytes, length);
    return 0;
}

static const struct probe_bus bus = {.context = NULL, .write = bus_write, .read = bus_read};

/* The script --------------------------------------------------------------------------------------------------------
 */

static struct sht3x sht3x;
static struct bme280 bme280;
static bool isBme280;

static bool take_hex(const char *text, struct answer *answer)
{
    for (; text[0] != '\0' && text[1] != '\0' && answer->length < ANSWER_BYTES; text += 2) {
        char digits[3] = {text[0], text[1], '\0'};
        char *end = NULL;
        answer->bytes[answer->length++] = (uint8_t)strtoul(digits, &end, 16);
        if (*end != '\0') return false;
    }
    return *text == '\0' && answer->length > 0;
}

static bool queue(bool read, const char *text)
{
    if (queued == ANSWERS) return false;
    struct answer *answer = &answers[queued++];
    *answer = (struct answer){.read = read, .acknowledged = strcmp(text, "nack") != 0};
    if (!answer->acknowledged || (!read && strcmp(text, "ok") == 0)) return true;
    return read && take_hex(text, answer);
}

static bool begin_probe(const char *driver, const char *address)
{
    uint8_t number = (uint8_t)strtoul(address, NULL, 16);
    isBme280 = strcmp(driver, "bme280") == 0;
    if (!isBme280 && strcmp(driver, "sht3x") != 0) return false;
    sht3x_init(&sht3x, &bus, number);
    bme280_init(&bme280, &bus, number);
    return true;
}

/* One read, with the transfers that it makes. */
static bool read_probe(const char *time, const char *quantityName)
{
    int32_t value = 0;
    uint32_t quantity = 0;
    uint32_t nowMs = (uint32_t)strtoul(time, NULL, 10);
    while (quantity < 3 && strcmp(quantityName, quantityNames[quantity]) != 0)
        quantity++;
    if (quantity == 3) return false;
    int32_t error = isBme280 ? bme280_read(&bme280, (enum probe_quantity)quantity, nowMs, &value)
                             : sht3x_read(&sht3x, (enum probe_quantity)quantity, nowMs, &value);
    if (error == 0) {
        (void)printf("%ld\n", (long)value);
    } else if (error == HAL_EAGAIN) {
        (void)printf("EAGAIN\n");
    } else {
        (void)printf("EIO %s\n", probe_fault_text(isBme280 ? bme280.fault : sht3x.fault));
    }
    queued = taken = 0;
    return true;
}

static bool run_line(char *line)
{
    const char *words[3] = {"", "", ""};
    uint32_t count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *word = strtok(line, " "); word != NULL && count < 3; word = strtok(NULL, " "))
        words[count++] = word;
    if (strcmp(words[0], "probe") == 0) return begin_probe(words[1], words[2]);
    if (strcmp(words[0], "write") == 0) return queue(false, words[1]);
    if (strcmp(words[0], "read") == 0) return queue(true, words[1]);
    if (strcmp(words[0], "at") == 0) return read_probe(words[1], words[2]);
    return false;
}

int bus_run(void)
{
    char line[LINE_BYTES];
    (void)begin_probe("sht3x", "44");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (run_line(line)) continue;
        (void)fprintf(stderr, "wasmote-parts: error: the script has a line that is none\n");
        return EXIT_USAGE;
    }
    return 0;
}
