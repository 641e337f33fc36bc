/** CRC-32 of IEEE 802.3, the one of zlib and Ethernet. */
#ifndef WASMOTE_CRC32_H
#define WASMOTE_CRC32_H

#include <stdint.h>

/** Goes on with `crc` (0 at the beginning) over more bytes. */
uint32_t crc32(uint32_t crc, const uint8_t *bytes, uint32_t length);

#endif
