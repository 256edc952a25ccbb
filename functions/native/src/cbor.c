#include "cbor.h"

enum { ONE_BYTE = 24 }; /* numbers below are in the head's first byte */

/* Bytes of a number behind the head's first byte, as a power of two; -1: none. */
static int width_of(size_t number) {
  if (number < ONE_BYTE) return -1;
  if (number <= UINT8_MAX) return 0;
  if (number <= UINT16_MAX) return 1;
  return (uint64_t)number <= UINT32_MAX ? 2 : 3;
}

size_t cbor_head_size(size_t number) {
  int width = width_of(number);
  return width < 0 ? 1 : 1 + ((size_t)1 << width);
}

char *cbor_head(char *out, CborType type, size_t number) {
  int width = width_of(number);
  *out++ = (char)((unsigned)type << 5 | (width < 0 ? (unsigned)number : (unsigned)(ONE_BYTE + width)));
  for (int byte = width < 0 ? 0 : 1 << width; byte-- > 0;) *out++ = (char)((uint64_t)number >> (8 * byte));
  return out;
}
