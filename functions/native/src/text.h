/* Texts: spans of bytes that others own, and a buffer that grows. Everything here is UTF-8. */
#ifndef NATIVE_TEXT_H
#define NATIVE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "expected a little-endian target"
#endif

/* Bytes that live elsewhere. */
typedef struct {
  const char *at;
  size_t size;
} Span;

#define SPAN(literal) ((Span){(literal), sizeof(literal) - 1})

static inline bool span_equal(Span a, Span b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

/* A growing buffer, all zero at the start; text_free gives it back. */
typedef struct {
  char *at;
  size_t size; /* bytes in use */
  size_t room; /* bytes there are */
} Text;

/* Room for `more` bytes beyond the size: 0, or -1 where there is no memory, and then nothing has changed. */
int text_reserve(Text *text, size_t more);

void text_free(Text *text);

/* Append where room was reserved. */
static inline void text_put(Text *text, const void *bytes, size_t size) {
  if (size) memcpy(text->at + text->size, bytes, size);
  text->size += size;
}

/* Append, with room made: 0, or -1. */
int text_append(Text *text, Span span);
int text_append_all(Text *text, const Span *spans, size_t count);

/* Add to a sum of sizes: false where size_t cannot hold it. */
static inline bool size_add(size_t *sum, size_t more) { return !__builtin_add_overflow(*sum, more, sum); }

/* A larger block for `items` things of `size` bytes, never smaller than twice `*room`: 0, or -1 and nothing changed. */
int grow(void **block, size_t *room, size_t items, size_t size);

/* Whether JSON in ASCII holds the text as it is: printable ASCII without quotes and backslashes. */
bool json_plain(Span text);

/* The text as Python's JSON encoder writes it with ensure_ascii, without the quotes. The text is UTF-8, in which single
 * surrogates may be three bytes; of bytes that are neither, each becomes U+FFFD. */
size_t json_escaped_size(Span text);     /* SIZE_MAX where size_t cannot hold it */
char *json_escape(char *out, Span text); /* the end of what was written */

/* The text as a JSON string in ASCII, in `room`: false where there is no memory. */
bool json_quote(Text *room, Span text, Span *quoted);

#endif
