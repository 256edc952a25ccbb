/* CRC-32 (polynomial 0xedb88320), as zlib's: begins with UINT32_MAX, and ends with its complement. */
#ifndef NATIVE_CRC32_H
#define NATIVE_CRC32_H

#include <stddef.h>
#include <stdint.h>

extern const uint32_t crc32_of_byte[256]; /* its remainders */

static inline uint32_t crc32_with(uint32_t crc, const uint8_t *at, size_t size) {
  for (size_t i = 0; i < size; i++) crc = crc32_of_byte[(crc ^ at[i]) & 0xff] ^ (crc >> 8);
  return crc;
}

#endif
