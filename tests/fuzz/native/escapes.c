/* The input as a JSON string, from its quote on: its end, and the text that it represents. */
#include "escapes.h"

#include "strict.h"
#include "target.h"
#include "utf8.h"

/* The value of four hexadecimal digits; -1 where they are none. */
static long hexadecimal(const char *at, const char *end) {
  if (end - at < 4) return -1;
  long value = 0;
  for (int i = 0; i < 4; i++) {
    const char *digits = "0123456789abcdef0123456789ABCDEF", *found = at[i] ? strchr(digits, at[i]) : NULL;
    if (!found) return -1;
    value = value * 16 + (found - digits) % 16;
  }
  return value;
}

static size_t put_code(char *out, long code) {
  if (code < 0x80) return out[0] = (char)code, 1;
  if (code < 0x800) return out[0] = (char)(0xc0 | code >> 6), out[1] = (char)(0x80 | (code & 63)), 2;
  if (code < 0x10000) {
    out[0] = (char)(0xe0 | code >> 12), out[1] = (char)(0x80 | (code >> 6 & 63)), out[2] = (char)(0x80 | (code & 63));
    return 3;
  }
  out[0] = (char)(0xf0 | code >> 18), out[1] = (char)(0x80 | (code >> 12 & 63));
  out[2] = (char)(0x80 | (code >> 6 & 63)), out[3] = (char)(0x80 | (code & 63));
  return 4;
}

/* What RFC 8259 says, a character at a time: the size of the text, or ESCAPES_INVALID; `*single` where all escapes are
 * valid and some are surrogates alone. */
static size_t by_the_letter(const char *at, const char *end, char *out, bool *single) {
  static const char letters[] = "\"\\/bfnrt", stands_for[] = "\"\\/\b\f\n\r\t";
  size_t made = 0;
  *single = false;
  while (at < end) {
    if (*at != '\\') {
      out[made++] = *at++;
      continue;
    }
    const char *found = end - at > 1 && at[1] ? strchr(letters, at[1]) : NULL;
    if (found) {
      out[made++] = stands_for[found - letters];
      at += 2;
      continue;
    }
    long code = end - at > 1 && at[1] == 'u' ? hexadecimal(at + 2, end) : -1, low = -1;
    if (code < 0) {
      *single = false;
      return ESCAPES_INVALID;
    }
    at += 6;
    if (code >= 0xd800 && code < 0xdc00 && end - at > 1 && at[0] == '\\' && at[1] == 'u')
      low = hexadecimal(at + 2, end);
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + (code - 0xd800) * 1024 + (low - 0xdc00);
      at += 6;
    }
    *single |= code >= 0xd800 && code < 0xe000;
    made += put_code(out + made, code);
  }
  return *single ? ESCAPES_INVALID : made;
}

/* The closing quote; NULL where there is none, or something that may not be in a string comes before. */
static const char *closing(const char *at, const char *end) {
  for (; at < end && (unsigned char)*at >= ' '; at++) {
    if (*at == '"') return at;
    if (*at == '\\' && ++at == end) return NULL;
  }
  return NULL;
}

/* What was unescaped and escaped again is the same text. */
static void there_and_back(Span text) {
  size_t size = json_escaped_size(text);
  char *escaped = (char *)guarded(1, size), *back = (char *)guarded(2, size);
  EXPECT(json_escape(escaped, text) == escaped + size);
  EXPECT(json_unescape((Span){escaped, size}, back) == text.size && memcmp(back, text.at, text.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static char expected[1 << 16];
  if (size < 1 || size > sizeof expected / 2) return 0;
  const char *start = (const char *)data + 1, *end = (const char *)data + size, *quote = closing(start, end);
  Cursor cursor = {(const char *)data, end};
  Span inside;
  bool escaped, single;
  bool strict = strict_string(&cursor, &inside, &escaped);
  size_t made = quote ? by_the_letter(start, quote, expected, &single) : ESCAPES_INVALID;
  bool valid =
      quote && (made != ESCAPES_INVALID || single) && utf8_valid((const uint8_t *)start, (size_t)(quote - start));
  EXPECT(strict == (data[0] == '"' && valid));
  if (quote) { /* whatever it holds */
    char *out = (char *)guarded(0, (size_t)(quote - start));
    EXPECT(json_unescape((Span){start, (size_t)(quote - start)}, out) == made);
    EXPECT(made == ESCAPES_INVALID || memcmp(out, expected, made) == 0);
  }
  if (!strict) return 0;
  EXPECT(inside.at == start && inside.size == (size_t)(quote - start) && cursor.at == quote + 1);
  EXPECT(escaped == (memchr(start, '\\', inside.size) != NULL));
  if (made != ESCAPES_INVALID) there_and_back((Span){expected, made});
  return 0;
}
