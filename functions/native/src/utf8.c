#include "utf8.h"

#include <string.h>

/* Past the ASCII characters at the start; blocks of 32 bytes, for which compilers use vectors. */
static const uint8_t *past_ascii(const uint8_t *at, const uint8_t *end) {
  for (; end - at >= 32; at += 32) {
    uint64_t words[4];
    memcpy(words, at, sizeof words);
    if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080) break;
  }
  while (at < end && *at < 0x80) at++;
  return at;
}

/* Bytes of the sequence that the first byte begins; 0 for one that begins none. The bounds of the second byte, which
 * are narrower than those of a continuation where a longer form, a surrogate or too large a number would begin. */
static size_t sequence(uint8_t first, uint8_t *low, uint8_t *high) {
  *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

bool utf8_valid(const uint8_t *data, size_t size) {
  const uint8_t *at = data, *end = data + size;
  while ((at = past_ascii(at, end)) < end) {
    do {
      uint8_t low, high;
      size_t length = sequence(*at, &low, &high);
      if (length == 0 || (size_t)(end - at) < length || at[1] < low || at[1] > high) return false;
      for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) return false;
      }
      at += length;
    } while (at < end && *at >= 0x80);
  }
  return true;
}
