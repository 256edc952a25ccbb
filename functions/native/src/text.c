#include "text.h"

#include <stdlib.h>

#include "plain.h"

int grow(void **block, size_t *room, size_t items, size_t size) {
  size_t wanted = *room > SIZE_MAX / 2 ? SIZE_MAX : *room * 2;
  if (wanted < items) wanted = items;
  if (wanted > SIZE_MAX / size) return -1;
  void *larger = realloc(*block, wanted * size);
  if (larger == NULL) return -1;
  *block = larger;
  *room = wanted;
  return 0;
}

int text_reserve(Text *text, size_t more) {
  size_t wanted = text->size;
  if (!size_add(&wanted, more)) return -1;
  if (wanted <= text->room && text->at != NULL) return 0; /* a place even for nothing */
  void *block = text->at;
  if (grow(&block, &text->room, wanted < 256 ? 256 : wanted, 1) < 0) return -1;
  text->at = block;
  return 0;
}

void text_free(Text *text) {
  free(text->at);
  *text = (Text){0};
}

int text_append(Text *text, Span span) {
  if (text_reserve(text, span.size) < 0) return -1;
  text_put(text, span.at, span.size);
  return 0;
}

int text_append_all(Text *text, const Span *spans, size_t count) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++) {
    if (!size_add(&size, spans[i].size)) return -1;
  }
  if (text_reserve(text, size) < 0) return -1;
  for (size_t i = 0; i < count; i++) text_put(text, spans[i].at, spans[i].size);
  return 0;
}

static bool plain(unsigned char byte) { return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\'; }

bool json_plain(Span text) {
  if (text.size == 0) return true;
  return plain_run(text.at, text.size) == text.size && memchr(text.at, '\x7f', text.size) == NULL;
}

/* The code point at `at`, and its bytes; U+FFFD for a byte that begins none. */
static uint32_t code_point(const unsigned char *at, size_t left, size_t *size) {
  *size = at[0] < 0x80 ? 1 : at[0] < 0xC0 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : at[0] < 0xF8 ? 4 : 0;
  uint32_t code = *size == 1 ? at[0] : at[0] & (0x7FU >> *size);
  bool whole = *size > 0 && *size <= left;
  for (size_t i = 1; whole && i < *size; i++) {
    whole = (at[i] & 0xC0) == 0x80;
    code = code << 6 | (at[i] & 0x3F);
  }
  if (whole && code <= 0x10FFFF) return code;
  *size = 1;
  return 0xFFFD;
}

/* The letter of a two-character escape; 0 where there is none. */
static char short_escape(uint32_t code) {
  switch (code) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\f':
      return 'f';
    case '\b':
      return 'b';
    default:
      return 0;
  }
}

static size_t escaped_size(uint32_t code) {
  if (code < 0x80 && plain((unsigned char)code)) return 1;
  return short_escape(code) ? 2 : code > 0xFFFF ? 12 : 6;
}

size_t json_escaped_size(Span text) {
  const unsigned char *at = (const unsigned char *)text.at;
  size_t sum = 0, size = 0;
  for (size_t i = 0; i < text.size; i += size) {
    if (!size_add(&sum, escaped_size(code_point(at + i, text.size - i, &size)))) return SIZE_MAX;
  }
  return sum;
}

static char *unicode_escape(char *out, uint32_t unit) {
  static const char digits[] = "0123456789abcdef";
  *out++ = '\\';
  *out++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *out++ = digits[unit >> shift & 15];
  return out;
}

static char *escape(char *out, uint32_t code) {
  if (code < 0x80 && plain((unsigned char)code)) {
    *out++ = (char)code;
    return out;
  }
  char letter = short_escape(code);
  if (letter) {
    *out++ = '\\';
    *out++ = letter;
    return out;
  }
  if (code <= 0xFFFF) return unicode_escape(out, code);
  code -= 0x10000;
  return unicode_escape(unicode_escape(out, 0xD800 | code >> 10), 0xDC00 | (code & 0x3FF));
}

char *json_escape(char *out, Span text) {
  const unsigned char *at = (const unsigned char *)text.at;
  size_t size = 0;
  for (size_t i = 0; i < text.size; i += size) out = escape(out, code_point(at + i, text.size - i, &size));
  return out;
}

bool json_quote(Text *room, Span text, Span *quoted) {
  bool plain_text = json_plain(text);
  size_t size = plain_text ? text.size : json_escaped_size(text);
  room->size = 0;
  if (size > SIZE_MAX - 2 || text_reserve(room, size + 2) < 0) return false;
  text_put(room, "\"", 1);
  if (plain_text) {
    text_put(room, text.at, text.size);
  } else {
    room->size = (size_t)(json_escape(room->at + room->size, text) - room->at);
  }
  text_put(room, "\"", 1);
  *quoted = (Span){room->at, room->size};
  return true;
}
