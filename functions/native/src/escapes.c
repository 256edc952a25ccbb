#include "escapes.h"

#include "block.h"

/* The character of an escape of two; 0 for none. */
static const char SHORT_ESCAPES[256] = {
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

/* The value of a hexadecimal digit; beyond 15 for any other. */
static uint32_t digit(char c) {
  if (c >= '0' && c <= '9') return (uint32_t)(c - '0');
  char lower = (char)(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? (uint32_t)(lower - 'a' + 10) : UINT32_MAX;
}

/* The unit of an escape \uXXXX at `at`; UINT32_MAX where there is none. */
static uint32_t unit_at(const char *at, const char *end) {
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return UINT32_MAX;
  uint32_t unit = 0;
  for (int i = 2; i < 6; i++) {
    uint32_t value = digit(at[i]);
    if (value > 15) return UINT32_MAX;
    unit = unit << 4 | value;
  }
  return unit;
}

static char *put_utf8(char *out, uint32_t code) {
  if (code < 0x80) {
    *out++ = (char)code;
    return out;
  }
  int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
  *out++ = (char)(first[more] | code >> 6 * more);
  while (more--) *out++ = (char)(0x80 | (code >> 6 * more & 0x3f));
  return out;
}

static bool in_surrogates(uint32_t unit, uint32_t first) { return unit >= first && unit < first + 0x400; }

/* Past an escape \uXXXX, or two that make a pair; NULL for any other, and for single surrogates unless they may be. */
static const char *unicode_escape(const char *at, const char *end, char **out, bool single) {
  uint32_t code = unit_at(at, end);
  if (code == UINT32_MAX || (!single && in_surrogates(code, 0xdc00))) return NULL;
  at += 6;
  if (in_surrogates(code, 0xd800)) {
    uint32_t low = unit_at(at, end);
    if (low != UINT32_MAX && in_surrogates(low, 0xdc00)) {
      code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
      at += 6;
    } else if (!single) {
      return NULL;
    }
  }
  *out = put_utf8(*out, code);
  return at;
}

/* The text in whole blocks: up to the last bytes, fewer than two blocks; NULL where an escape is none. */
static const char *unescape_blocks(const char *at, const char *end, char **out, bool single) {
  char *to = *out; /* no further ahead than `at`: no escape is shorter than its character */
  while (end - at >= 2 * BLOCK) {
    Marks marks = backslashes(at);
    const char *copied = at, *next = at + BLOCK;
    while (marks) {
      unsigned place = first_mark(marks);
      const char *escape = at + place;
      memcpy(to, copied, BLOCK); /* more than comes before the escape: what is too much is written over */
      to += escape - copied;
      char character = SHORT_ESCAPES[(uint8_t)escape[1]];
      if (character == 0) {
        copied = next = unicode_escape(escape, end, &to, single);
        if (copied == NULL) return NULL;
        break;
      }
      *to++ = character;
      copied = escape + 2;
      marks = without_pair(marks, place);
    }
    if (copied < next) {
      memcpy(to, copied, BLOCK);
      to += next - copied;
      copied = next;
    }
    at = copied;
  }
  *out = to;
  return at;
}

/* The text byte by byte; NULL where an escape is none. */
static const char *unescape_bytes(const char *at, const char *end, char **out, bool single) {
  while (at != NULL && at < end) {
    if (*at != '\\') {
      *(*out)++ = *at++;
    } else if (end - at >= 2 && SHORT_ESCAPES[(uint8_t)at[1]]) {
      *(*out)++ = SHORT_ESCAPES[(uint8_t)at[1]];
      at += 2;
    } else {
      at = unicode_escape(at, end, out, single);
    }
  }
  return at;
}

static size_t unescape(Span inside, char *out, bool single) {
  const char *end = inside.at + inside.size;
  char *to = out;
  const char *at = unescape_blocks(inside.at, end, &to, single);
  if (at != NULL) at = unescape_bytes(at, end, &to, single);
  return at == NULL ? ESCAPES_INVALID : (size_t)(to - out);
}

size_t json_unescape(Span inside, char *out) { return unescape(inside, out, false); }

size_t json_unescape_any(Span inside, char *out) { return unescape(inside, out, true); }
