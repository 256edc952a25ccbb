/* The first half of an input is decoded as text, all of it is encoded as bytes. */
#include "base64.h"

#include "target.h"

/* What RFC 4648 says, a character at a time: the bytes, or BASE64_INVALID. */
static size_t by_the_letter(const uint8_t *text, size_t size, uint8_t *out) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t padding = 0, made = 0;
  uint32_t bits = 0;
  if (size % 4) return BASE64_INVALID;
  while (padding < 2 && padding < size && text[size - 1 - padding] == '=') padding++;
  for (size_t i = 0; i < size - padding; i++) {
    const char *found = text[i] ? strchr(alphabet, text[i]) : NULL;
    if (!found) return BASE64_INVALID;
    bits = bits << 6 | (uint32_t)(found - alphabet);
    if (i % 4) out[made++] = (uint8_t)(bits >> (6 - i % 4 * 2));
  }
  return made;
}

static void decode(const uint8_t *text, size_t size) {
  static uint8_t expected[1 << 21];
  if (size > sizeof expected) return;
  uint8_t *out = guarded(0, BASE64_DECODE_ROOM(size));
  size_t made = base64_decode((const char *)text, size, out);
  EXPECT(made == by_the_letter(text, size, expected));
  EXPECT(made == BASE64_INVALID || memcmp(out, expected, made) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 20) return 0;
  decode(data, size);
  uint8_t *text = guarded(1, BASE64_ENCODED_SIZE(size));
  EXPECT(base64_encode(data, size, (char *)text) == BASE64_ENCODED_SIZE(size));
  uint8_t *back = guarded(2, BASE64_DECODE_ROOM(BASE64_ENCODED_SIZE(size)));
  EXPECT(base64_decode((const char *)text, BASE64_ENCODED_SIZE(size), back) == size);
  EXPECT(size == 0 || memcmp(back, data, size) == 0);
  if (size >= 4) { /* one character damaged, wherever the blocks are */
    text[(data[0] | data[1] << 8) % BASE64_ENCODED_SIZE(size)] = data[2];
    decode(text, BASE64_ENCODED_SIZE(size));
  }
  return 0;
}
