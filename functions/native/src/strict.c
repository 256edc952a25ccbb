#include "strict.h"

#include "number.h"
#include "plain.h"
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

static bool hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static bool skip_escape(Cursor *cursor) {
  if (cursor->end - cursor->at < 2) return false;
  char kind = cursor->at[1];
  cursor->at += 2;
  if (kind != 'u') return kind != '\0' && strchr("\"\\/bfnrt", kind) != NULL;
  if (cursor->end - cursor->at < 4) return false;
  for (int i = 0; i < 4; i++) {
    if (!hexadecimal(*cursor->at++)) return false;
  }
  return true;
}

bool strict_string(Cursor *cursor, Span *inside, bool *escaped) {
  if (!next_is(cursor, '"')) return false;
  const char *start = cursor->at;
  bool ascii = true;
  *escaped = false;
  for (;;) {
    cursor->at += plain_run(cursor->at, (size_t)(cursor->end - cursor->at));
    if (cursor->at == cursor->end) return false;
    unsigned char byte = (unsigned char)*cursor->at;
    if (byte == '"') break;
    if (byte == '\\') {
      *escaped = true;
      if (!skip_escape(cursor)) return false;
    } else if (byte >= 0x80) {
      ascii = false;
      cursor->at++;
    } else {
      return false;
    }
  }
  *inside = (Span){start, (size_t)(cursor->at++ - start)};
  return ascii || utf8_valid((const uint8_t *)start, inside->size);
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
