/** What the node sees besides the network: configuration, chance, log, devices. board.h has the functions. */
#ifndef WASMOTE_POSIX_DEVICES_H
#define WASMOTE_POSIX_DEVICES_H

#include "options.h"

/** `options` must outlive the program. */
void devices_init(const struct options *options);

#endif
