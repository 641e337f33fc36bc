/** The command line of wasmote-posix: one table feeds parsing and --help. */
#ifndef WASMOTE_POSIX_OPTIONS_H
#define WASMOTE_POSIX_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "endpoint.h"
#include "transport.h"

#define OPTIONS_ENDPOINTS 4
#define OPTIONS_CONFIG 32

/** Longest password, as docs/abi.md has it, and its NUL. */
#define OPTIONS_PASSWORD_BYTES 65

/** A configuration value that the node can ask for; the key is not NUL-terminated. */
struct config_value {
    const char *key;
    size_t keyLength;
    const char *value;
};

struct options {
    const char *module;
    const char *id;
    struct endpoint endpoints[OPTIONS_ENDPOINTS];
    size_t endpointCount;
    struct tls_options tls;
    struct config_value config[OPTIONS_CONFIG];
    size_t configCount;
    const char *sensor;
    /** NULL if none is kept. */
    const char *imageFile;
    /** Where the node's trace goes; NULL if it is not written. */
    const char *traceFile;
    /** Where a trap's trace goes, or "none"; NULL: where recording.c chooses. */
    const char *trapTrace;
    bool seeded;
    uint32_t seed;
    /** Milliseconds after which the node is asked to end; 0: never. */
    uint32_t durationMs;
    enum hal_level logLevel;
    /** NULL if there is none. */
    const char *password;
};

enum options_result {
    OPTIONS_RUN,
    /** --help, --version or --abi was answered. */
    OPTIONS_DONE,
    /** What is wrong was written to stderr. */
    OPTIONS_WRONG,
};

enum options_result options_parse(int argc, char **argv, struct options *options);

#endif
