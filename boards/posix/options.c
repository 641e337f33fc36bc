#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "sensor.h"
#include "text.h"

#define SEE_HELP "see wasmote-posix --help"
#if WASMOTE_TLS
#define BROKER_CURE "write it as mqtt://host:port, mqtts://, ws:// or wss://, and credentials with --username"
#else
#define BROKER_CURE "use mqtt://host:port, or build it with -DWASMOTE_TLS=ON"
#endif
#define DEFAULT_BROKER "mqtt://127.0.0.1:1883"

/* Limits of docs/abi.md, "Configuration keys". */
#define MAX_ID 23
#define MAX_CREDENTIAL (OPTIONS_PASSWORD_BYTES - 1)
#define MIN_INTERVAL_MS 100
#define MAX_INTERVAL_MS 86400000

/* Of a DNS name, and of a protocol name in ALPN [RFC 7301, 3.1]. */
#define MAX_SERVER_NAME 253
#define MAX_ALPN 255

#define PROBLEM_BYTES 512

/* What is wrong with a value and how to mend it; `cure` NULL: nothing is wrong. */
struct verdict {
    const char *cure;
};

static const struct verdict good = {NULL};

static char problem[PROBLEM_BYTES];
static char passwordText[OPTIONS_PASSWORD_BYTES];

static struct verdict wrong(const char *what, const char *value, const char *cure)
{
    (void)snprintf(problem, sizeof problem, what, value);
    return (struct verdict){cure};
}

/* The last value of a key wins. */
static struct verdict set_config(struct options *options, const char *key, size_t keyLength, const char *value)
{
    size_t i = 0;
    while (i < options->configCount &&
           (options->config[i].keyLength != keyLength || memcmp(options->config[i].key, key, keyLength) != 0))
        i++;
    if (i == OPTIONS_CONFIG) return wrong("there are too many values%s", "", "at most 32 can be set");
    options->config[i] = (struct config_value){.key = key, .keyLength = keyLength, .value = value};
    if (i == options->configCount) options->configCount++;
    return good;
}

/* One function for each flag -------------------------------------------------------------------------------------- */

static struct verdict take_id(struct options *options, const char *value)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    size_t length = strlen(value);
    if (length == 0 || length > MAX_ID || strspn(value, allowed) != length)
        return wrong("\"%.40s\" is not an id", value, "use 1 to 23 of 0-9 A-Z a-z - _");
    options->id = value;
    return set_config(options, "id", 2, value);
}

static struct verdict take_broker(struct options *options, const char *value)
{
    char text[PROBLEM_BYTES];
    if (options->endpointCount == OPTIONS_ENDPOINTS)
        return wrong("there are too many brokers%s", "", "at most 4 can be given");
    const char *why = endpoint_parse(value, &options->endpoints[options->endpointCount], text, sizeof text);
    if (why != NULL) return wrong("%s", why, BROKER_CURE);
    options->endpointCount++;
    return good;
}

/* A flag of TLS. */
static struct verdict take_tls(const char **option, const char *value)
{
#if WASMOTE_TLS
    *option = value;
    return good;
#else
    (void)option;
    (void)value;
    return wrong("this program was built without TLS%s", "", "build it with -DWASMOTE_TLS=ON");
#endif
}

static struct verdict take_ca(struct options *options, const char *value)
{
    return take_tls(&options->tls.caFile, value);
}

static struct verdict take_cert(struct options *options, const char *value)
{
    return take_tls(&options->tls.certFile, value);
}

static struct verdict take_key(struct options *options, const char *value)
{
    return take_tls(&options->tls.keyFile, value);
}

static struct verdict take_server_name(struct options *options, const char *value)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.:";
    size_t length = strlen(value);
    if (length == 0 || length > MAX_SERVER_NAME || strspn(value, allowed) != length)
        return wrong("\"%.80s\" is not a server's name", value, "write it as broker.example.com, without a port");
    return take_tls(&options->tls.serverName, value);
}

static struct verdict take_alpn(struct options *options, const char *value)
{
    size_t length = strlen(value);
    if (length == 0 || length > MAX_ALPN)
        return wrong("the protocol of --alpn has no bytes or too many%s", "", "use 1 to 255");
    return take_tls(&options->tls.alpn, value);
}

static struct verdict take_insecure(struct options *options, const char *value)
{
    const char *ignored = NULL;
    (void)value;
    options->tls.insecure = true;
    return take_tls(&ignored, NULL);
}

static struct verdict take_username(struct options *options, const char *value)
{
    if (strlen(value) > MAX_CREDENTIAL) return wrong("the user name is too long%s", "", "use at most 64 bytes");
    return set_config(options, "username", 8, value);
}

static struct verdict take_password_file(struct options *options, const char *value)
{
    /* One more than fits, and a line's end. */
    char text[OPTIONS_PASSWORD_BYTES + 2];
    FILE *file = fopen(value, "rb");
    if (file == NULL) return wrong("can't read the password file %.200s", value, "check its path and its permissions");
    size_t length = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    if (length > 0 && text[length - 1] == '\n') length--;
    if (length > 0 && text[length - 1] == '\r') length--;
    if (length == 0 || length > MAX_CREDENTIAL || memchr(text, '\n', length) != NULL)
        return wrong("%.200s does not hold a password", value, "it must be one line of 1 to 64 bytes");
    memcpy(passwordText, text, length);
    passwordText[length] = '\0';
    options->password = passwordText;
    return good;
}

static struct verdict take_interval(struct options *options, const char *value)
{
    static char text[16];
    uint32_t ms;
    if (!text_to_ms(value, &ms) || ms < MIN_INTERVAL_MS || ms > MAX_INTERVAL_MS)
        return wrong("\"%.40s\" is not an interval", value, "use 100ms to 24h, such as 1s, 500ms or 1500");
    (void)snprintf(text, sizeof text, "%lu", (unsigned long)ms);
    return set_config(options, "interval", 8, text);
}

static struct verdict take_sensor(struct options *options, const char *value)
{
    char text[PROBLEM_BYTES];
    const char *why = sensor_init(value, text, sizeof text);
    if (why != NULL) return wrong("%s", why, "use constant:17.2, sine, walk:SEED, csv:FILE[#ROW] or file:PATH");
    options->sensor = value;
    return good;
}

static struct verdict take_seed(struct options *options, const char *value)
{
    if (!text_to_u32(value, UINT32_MAX, &options->seed))
        return wrong("\"%.40s\" is not a seed", value, "use a number from 0 to 4294967295");
    options->seeded = true;
    return good;
}

static struct verdict take_image(struct options *options, const char *value)
{
    if (*value == '\0') return wrong("the image's file has no name%s", "", "write it as --image node.image");
    options->imageFile = value;
    return good;
}

static struct verdict take_trace(struct options *options, const char *value)
{
    if (*value == '\0') return wrong("the trace's file has no name%s", "", "write it as --trace node.trace");
    options->traceFile = value;
    return good;
}

static struct verdict take_trap_trace(struct options *options, const char *value)
{
    if (*value == '\0')
        return wrong("the file of a trap's trace has no name%s", "", "write --trap-trace none for none");
    options->trapTrace = value;
    return good;
}

static struct verdict take_set(struct options *options, const char *value)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value) return wrong("\"%.40s\" sets nothing", value, "write it as key=value");
    return set_config(options, value, (size_t)(equals - value), equals + 1);
}

static struct verdict take_duration(struct options *options, const char *value)
{
    if (!text_to_ms(value, &options->durationMs) || options->durationMs == 0)
        return wrong("\"%.40s\" is not a duration", value, "use 5s, 500ms or 2m");
    return good;
}

static struct verdict take_log_level(struct options *options, const char *value)
{
    for (int level = HAL_LOG_DEBUG; level <= HAL_LOG_ERROR; level++) {
        if (strcmp(value, logLevels[level]) != 0) continue;
        options->logLevel = (enum hal_level)level;
        return good;
    }
    return wrong("\"%.40s\" is not a log level", value, "use debug, info, warn or error");
}

static const struct {
    const char *name;
    const char *value;
    const char *help;
    struct verdict (*take)(struct options *, const char *);
} flags[] = {
    {"--id", "ID", "the node's id and MQTT client identifier; required", take_id},
    {"--broker", "URL",
     "mqtt://, mqtts://, ws:// or wss://; more than one for endpoints 0, 1, ...; default " DEFAULT_BROKER, take_broker},
    {"--ca", "FILE", "the CA certificates to trust, as PEM, instead of the system's", take_ca},
    {"--cert", "FILE", "this client's certificate and its chain, as PEM", take_cert},
    {"--key", "FILE", "the key of --cert, as PEM", take_key},
    {"--tls-servername", "NAME", "the server's name for SNI and verification; default the broker's host",
     take_server_name},
    {"--alpn", "PROTOCOL", "offers this protocol over mqtts://, and the server must select it", take_alpn},
    {"--insecure", NULL, "DOES NOT VERIFY the server's certificate", take_insecure},
    {"--username", "NAME", "the broker's user name for this node", take_username},
    {"--password-file", "FILE", "a file that holds the password; or set WASMOTE_PASSWORD", take_password_file},
    {"--interval", "TIME", "between two readings: 1s, 500ms or milliseconds", take_interval},
    {"--sensor", "SPEC", "constant:17.2, sine, walk:SEED, csv:FILE[#ROW] or file:PATH; default sine", take_sensor},
    {"--seed", "N", "makes the node's random numbers repeatable", take_seed},
    {"--image", "FILE", "keeps the node's checkpoints there, and goes on from them", take_image},
    {"--trace", "FILE", "records all that the node does there, for `wasmote replay`", take_trace},
    {"--trap-trace", "FILE",
     "where a trap leaves what led to it, or none; default the image's file and .trace, else wasmote-ID.trace in "
     "TMPDIR",
     take_trap_trace},
    {"--set", "KEY=VALUE", "sets a configuration value of the application", take_set},
    {"--duration", "TIME", "ends the node after that time, as Ctrl-C does", take_duration},
    {"--log-level", "LEVEL", "debug, info, warn or error; default info", take_log_level},
    {"--help", NULL, "shows this", NULL},
    {"--version", NULL, "shows the version", NULL},
    {"--abi", NULL, "shows the ABI that this board speaks", NULL},
};

#define FLAGS (sizeof flags / sizeof flags[0])

/* Answers ---------------------------------------------------------------------------------------------------------- */

static void show_help(void)
{
    (void)printf("Runs one node under wasm3, as a device does.\n\n"
                 "usage: wasmote-posix <module.wasm> --id ID [options]\n\n");
    for (size_t i = 0; i < FLAGS; i++) {
        const char *value = flags[i].value != NULL ? flags[i].value : "";
        int width = 26 - (int)strlen(flags[i].name) - 1;
        (void)printf("  %s %-*s %s\n", flags[i].name, width, value, flags[i].help);
    }
    (void)printf(
        "\nIt logs to stderr, and ends with 0 when it was asked to, 1 if it can't go on, 2 for a wrong command\n"
        "line, 3 for a module that it refuses.\n");
}

static void show_abi(void)
{
    (void)printf("version %d\n", HAL_ABI_VERSION);
#define HAL_IMPORT(name, parameters, result, signature) \
    (void)printf("import %s (%s) -> %s\n", #name, parameters, result);
    HAL_IMPORTS(HAL_IMPORT)
#undef HAL_IMPORT
#define HAL_EXPORT(name, parameters, result, signature) \
    (void)printf("export %s (%s) -> %s\n", #name, parameters, result);
    HAL_EXPORTS(HAL_EXPORT)
#undef HAL_EXPORT
#define HAL_ERROR(name, value) (void)printf("error %s %d\n", #name, HAL_##name);
    HAL_ERRORS(HAL_ERROR)
#undef HAL_ERROR
}

static bool answer(const char *flag)
{
    if (strcmp(flag, "--help") == 0) {
        show_help();
    } else if (strcmp(flag, "--version") == 0) {
        (void)printf("wasmote-posix %s, ABI version %d\n", WASMOTE_VERSION, HAL_ABI_VERSION);
    } else if (strcmp(flag, "--abi") == 0) {
        show_abi();
    } else {
        return false;
    }
    return true;
}

/* Parsing ---------------------------------------------------------------------------------------------------------- */

static enum options_result fail(const char *what, const char *cure)
{
    log_error(what, cure);
    return OPTIONS_WRONG;
}

/* `--name value` or `--name=value`. Moves `index` on to the last argument that was used. */
static struct verdict take_flag(struct options *options, int argc, char **argv, int *index)
{
    const char *argument = argv[*index];
    size_t length = strcspn(argument, "=");
    for (size_t i = 0; i < FLAGS; i++) {
        if (strlen(flags[i].name) != length || memcmp(flags[i].name, argument, length) != 0) continue;
        if (flags[i].take == NULL) break;
        if (flags[i].value == NULL) {
            if (argument[length] == '=') return wrong("%.40s takes no value", flags[i].name, SEE_HELP);
            return flags[i].take(options, NULL);
        }
        if (argument[length] == '=') return flags[i].take(options, argument + length + 1);
        if (*index + 1 == argc) return wrong("%.40s needs a value", argument, SEE_HELP);
        *index += 1;
        return flags[i].take(options, argv[*index]);
    }
    return wrong("there is no flag %.40s", argument, SEE_HELP);
}

/* What the flags of TLS can't know of each other, and of the brokers. */
static struct verdict complete_tls(const struct options *options)
{
    const struct tls_options *tls = &options->tls;
    if (tls->certFile != NULL && tls->keyFile == NULL)
        return wrong("a certificate is given without its key%s", "", "add --key FILE");
    if (tls->keyFile != NULL && tls->certFile == NULL)
        return wrong("a key is given without a certificate%s", "", "add --cert FILE");
    return good;
}

/* What one flag can't know of the others. */
static struct verdict complete(struct options *options)
{
    if (options->module == NULL) return wrong("no module is given%s", "", SEE_HELP);
    if (options->id == NULL) return wrong("no id is given%s", "", "add --id, such as --id 7");
    bool username = false;
    for (size_t i = 0; i < options->configCount; i++)
        username =
            username || (options->config[i].keyLength == 8 && memcmp(options->config[i].key, "username", 8) == 0);
    if (options->password != NULL && !username) return wrong("a password needs a user name%s", "", "add --username");
    const char *environment = getenv("WASMOTE_PASSWORD");
    if (options->password == NULL && username && environment != NULL && *environment != '\0') {
        if (strlen(environment) > MAX_CREDENTIAL)
            return wrong("WASMOTE_PASSWORD is too long%s", "", "use at most 64 bytes");
        options->password = environment;
    }
    struct verdict verdict = good;
    if (options->password != NULL) verdict = set_config(options, "password", 8, options->password);
    if (verdict.cure == NULL && options->endpointCount == 0) verdict = take_broker(options, DEFAULT_BROKER);
    if (verdict.cure == NULL) verdict = complete_tls(options);
    if (verdict.cure == NULL && options->sensor == NULL) verdict = take_sensor(options, "sine");
    return verdict;
}

enum options_result options_parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.logLevel = HAL_LOG_INFO};
    for (int i = 1; i < argc; i++)
        if (answer(argv[i])) return OPTIONS_DONE;
    for (int i = 1; i < argc; i++) {
        struct verdict verdict = good;
        if (strncmp(argv[i], "-", 1) == 0) {
            verdict = take_flag(options, argc, argv, &i);
        } else if (options->module != NULL) {
            verdict = wrong("there is a second module, %.200s", argv[i], "run one process for each node");
        } else {
            options->module = argv[i];
        }
        if (verdict.cure != NULL) return fail(problem, verdict.cure);
    }
    struct verdict verdict = complete(options);
    return verdict.cure != NULL ? fail(problem, verdict.cure) : OPTIONS_RUN;
}
