/* From the inside of a JSON string to its text. */
#ifndef NATIVE_ESCAPES_H
#define NATIVE_ESCAPES_H

#include "text.h"

/* What json_unescape returns for a text that it does not take. */
#define ESCAPES_INVALID SIZE_MAX

/* Write the text that the inside of a JSON string represents, as Python's json reads it, into `out`, which has
 * inside.size bytes. Its size, or ESCAPES_INVALID for escapes that are none and for single surrogates,
 * which UTF-8 cannot hold (`out` is undefined then). What is not an escape is copied, and not looked into. */
size_t json_unescape(Span inside, char *out);

/* The same; a single surrogate becomes the three bytes that Python's "surrogatepass" makes of it. */
size_t json_unescape_any(Span inside, char *out);

/* Past the escape at `at`, which is a backslash; NULL where it is none. */
static inline const char *json_skip_escape(const char *at, const char *end) {
  if (end - at < 2) return NULL;
  switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return at + 2;
    case 'u':
      break;
    default:
      return NULL;
  }
  if (end - at < 6) return NULL;
  for (int i = 2; i < 6; i++) {
    char c = at[i], lower = (char)(c | 0x20);
    if (!(c >= '0' && c <= '9') && !(lower >= 'a' && lower <= 'f')) return NULL;
  }
  return at + 6;
}

#endif
