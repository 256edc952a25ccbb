#include "strict.h"

#include "block.h"
#include "escapes.h"
#include "number.h"
#include "utf8.h"

#define DEEPEST 64

void strict_space(Cursor *cursor) {
  const char *at = cursor->at;
  while (at < cursor->end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) at++;
  cursor->at = at;
}

static bool next_is(Cursor *cursor, char character) {
  if (cursor->at == cursor->end || *cursor->at != character) return false;
  cursor->at++;
  return true;
}

bool strict_character(Cursor *cursor, char character) {
  strict_space(cursor);
  if (!next_is(cursor, character)) return false;
  strict_space(cursor);
  return true;
}

/* What is known of a string so far. */
typedef struct {
  const char *end; /* its closing quote; NULL: not found yet */
  bool escaped;
  bool beyond; /* perhaps not in ASCII */
} String;

/* On in whole blocks, to the closing quote or up to the last bytes; NULL where it is broken. */
static inline const char *string_blocks(const char *at, const char *end, String *string) {
  while (end - at > BLOCK) {
    const char *next = at + BLOCK;
    for (Marks marks = specials(at, &string->beyond); marks;) {
      unsigned place = first_mark(marks);
      const char *special = at + place;
      if (*special == '"') return string->end = special;
      if (*special != '\\') return NULL;
      string->escaped = true;
      const char *behind = json_skip_escape(special, end);
      if (behind == NULL) return NULL;
      if (behind > next || behind - special > 2) {
        next = behind;
        break;
      }
      marks = without_pair(marks, place);
    }
    at = next;
  }
  return at;
}

/* On byte by byte, to the closing quote; NULL where it is broken. */
static const char *string_bytes(const char *at, const char *end, String *string) {
  while (at != NULL && at < end) {
    unsigned char byte = (unsigned char)*at;
    if (byte == '"') return string->end = at;
    if (byte == '\\') {
      string->escaped = true;
      at = json_skip_escape(at, end);
    } else {
      string->beyond |= byte >= 0x80;
      at = byte < ' ' ? NULL : at + 1;
    }
  }
  return NULL;
}

bool strict_string(Cursor *cursor, Span *inside, bool *escaped) {
  if (!next_is(cursor, '"')) return false;
  String string = {.end = NULL};
  const char *start = cursor->at, *at = string_blocks(start, cursor->end, &string);
  if (at != NULL && string.end == NULL) at = string_bytes(at, cursor->end, &string);
  if (at == NULL) return false;
  *inside = (Span){start, (size_t)(string.end - start)};
  *escaped = string.escaped;
  cursor->at = string.end + 1;
  return !string.beyond || utf8_valid((const uint8_t *)start, inside->size);
}

static bool skip_number(Cursor *cursor) {
  const uint8_t *end = number_skip((const uint8_t *)cursor->at, (const uint8_t *)cursor->end);
  if (end != NULL) cursor->at = (const char *)end;
  return end != NULL;
}

bool strict_word(Cursor *cursor, Span word) {
  if ((size_t)(cursor->end - cursor->at) < word.size || memcmp(cursor->at, word.at, word.size) != 0) return false;
  cursor->at += word.size;
  return true;
}

/* A value that holds no others. */
static bool skip_scalar(Cursor *cursor) {
  Span ignored;
  bool escaped;
  switch (cursor->at == cursor->end ? '\0' : *cursor->at) {
    case '"':
      return strict_string(cursor, &ignored, &escaped);
    case 't':
      return strict_word(cursor, SPAN("true"));
    case 'f':
      return strict_word(cursor, SPAN("false"));
    case 'n':
      return strict_word(cursor, SPAN("null"));
    default:
      return skip_number(cursor);
  }
}

static bool skip_name(Cursor *cursor) {
  Span ignored;
  bool escaped;
  return strict_string(cursor, &ignored, &escaped) && strict_character(cursor, ':');
}

/* The containers that are open, innermost last: whether each is an object. */
typedef struct {
  bool object[DEEPEST];
  int depth;
} Open;

/* Up to the next value inside of what is open, or to the end of all of it. */
static bool next_value(Cursor *cursor, Open *open) {
  while (open->depth > 0) {
    bool object = open->object[open->depth - 1];
    strict_space(cursor);
    if (next_is(cursor, ',')) {
      strict_space(cursor);
      return !object || skip_name(cursor);
    }
    if (!next_is(cursor, object ? '}' : ']')) return false;
    open->depth--;
  }
  return true;
}

bool strict_value(Cursor *cursor) {
  Open open = {.depth = 0};
  do {
    bool object = next_is(cursor, '{');
    if (object || next_is(cursor, '[')) {
      if (open.depth == DEEPEST) return false;
      open.object[open.depth++] = object;
      strict_space(cursor);
      if (!next_is(cursor, object ? '}' : ']')) {
        if (object && !skip_name(cursor)) return false;
        continue;
      }
      open.depth--;
    } else if (!skip_scalar(cursor)) {
      return false;
    }
    if (!next_value(cursor, &open)) return false;
  } while (open.depth > 0);
  return true;
}
