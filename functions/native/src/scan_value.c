/* Strings, and values that no feature uses, which must be valid all the same. */
#include "number.h"
#include "plain.h"
#include "scan.h"

const uint8_t *read_string(const uint8_t *at, const uint8_t *end, Span *string) {
  if (!next_is(at, end, '"')) return NULL;
  const uint8_t *first = ++at;
  while ((at += plain_run((const char *)at, (size_t)(end - at))) < end && *at >= 0x80) at++;
  *string = (Span){(const char *)first, (size_t)(at - first)};
  return next_is(at, end, '"') ? at + 1 : NULL;
}

bool names_add(Names *names, unsigned first, Span name) {
  if (names->count == sizeof names->names / sizeof *names->names) return false;
  for (unsigned i = first; i < names->count; i++) {
    if (span_equal(names->names[i], name)) return false;
  }
  names->names[names->count++] = name;
  return true;
}

static const uint8_t *skip_scalar(const uint8_t *at, const uint8_t *end) {
  Span string;
  switch (*at) {
    case '"':
      return read_string(at, end, &string);
    case 't':
      return SKIP_WORD(at, end, "true");
    case 'f':
      return SKIP_WORD(at, end, "false");
    case 'n':
      return SKIP_WORD(at, end, "null");
    default:
      return number_skip(at, end);
  }
}

/* Past a member's name and colon, to its value. */
static const uint8_t *skip_name(const uint8_t *at, const uint8_t *end, Names *names, unsigned first) {
  Span name;
  if (!(at = read_string(at, end, &name)) || !names_add(names, first, name)) return NULL;
  at = skip_space(at, end);
  return next_is(at, end, ':') ? skip_space(at + 1, end) : NULL;
}

/* Arrays and objects that are open. */
typedef struct {
  unsigned depth;
  struct {
    bool object;
    unsigned names; /* how many there were before this object's */
  } open[32];
} Nesting;

/* Into the array or object at `at`, to its first value, or behind it where it is empty. */
static const uint8_t *enter(const uint8_t *at, const uint8_t *end, Names *names, Nesting *nesting, bool *value) {
  bool object = *at == '{';
  if (nesting->depth == sizeof nesting->open / sizeof *nesting->open) return NULL;
  at = skip_space(at + 1, end);
  if (next_is(at, end, object ? '}' : ']')) return *value = false, at + 1;
  *value = true;
  nesting->open[nesting->depth].object = object;
  nesting->open[nesting->depth++].names = names->count;
  return object ? skip_name(at, end, names, names->count) : at;
}

/* From behind a value to the next one in the same array or object, out of those that end there; with none open, just
 * behind it. */
static const uint8_t *leave(const uint8_t *at, const uint8_t *end, Names *names, Nesting *nesting) {
  while (nesting->depth) {
    bool object = nesting->open[nesting->depth - 1].object;
    unsigned first = nesting->open[nesting->depth - 1].names;
    at = skip_space(at, end);
    if (next_is(at, end, ',')) {
      at = skip_space(at + 1, end);
      return object ? skip_name(at, end, names, first) : at;
    }
    if (!next_is(at, end, object ? '}' : ']')) return NULL;
    at++;
    names->count = first;
    nesting->depth--;
  }
  return at;
}

const uint8_t *skip_value(const uint8_t *at, const uint8_t *end, Names *names) {
  Nesting nesting = {.depth = 0};
  do {
    if (at == end) return NULL;
    if (*at == '{' || *at == '[') {
      bool value;
      if (!(at = enter(at, end, names, &nesting, &value))) return NULL;
      if (value) continue;
    } else if (!(at = skip_scalar(at, end))) {
      return NULL;
    }
    if (!(at = leave(at, end, names, &nesting))) return NULL;
  } while (nesting.depth);
  return at;
}
