/* What the scanners of JSON share. `at` moves towards `end`, which is never read. */
#ifndef NATIVE_SCAN_H
#define NATIVE_SCAN_H

#include "text.h"

static inline const uint8_t *skip_space(const uint8_t *at, const uint8_t *end) {
  if (at < end && *at > ' ') return at; /* nearly always */
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

static inline bool next_is(const uint8_t *at, const uint8_t *end, uint8_t byte) { return at < end && *at == byte; }

/* The end of one of JSON's words at `at`; NULL where it is another. */
static inline const uint8_t *skip_word(const uint8_t *at, const uint8_t *end, const char *word, size_t size) {
  return (size_t)(end - at) >= size && memcmp(at, word, size) == 0 ? at + size : NULL;
}
#define SKIP_WORD(at, end, word) skip_word(at, end, word, sizeof(word) - 1)

/* Read the string at `at`, which must begin with a quote: behind its closing quote. NULL where there is none, or where
 * the string has an escape or a control character. */
const uint8_t *read_string(const uint8_t *at, const uint8_t *end, Span *string);

/* Names of objects that are open, to find those that come twice: the outer object's first. */
typedef struct {
  unsigned count;
  Span names[64];
} Names;

/* Add a name to those from `first` on: false where it is there already, and where there is no room. */
bool names_add(Names *names, unsigned first, Span name);

/* The end of any value, with everything in it; NULL where it is faulty or unusual. It leaves `names` as it was. */
const uint8_t *skip_value(const uint8_t *at, const uint8_t *end, Names *names);

#endif
