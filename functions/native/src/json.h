/* Strict JSON, read in one pass and without recursion: as a document, whose values can be looked up, or passed over. A
 * payload must be UTF-8 that was checked. */
#ifndef NATIVE_JSON_H
#define NATIVE_JSON_H

#include "names.h"

enum { MOST_DEPTH = 1000 }; /* arrays and objects in each other: MAX_DEPTH of records/strict_json.py */

typedef enum { JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL, JSON_LINK } Kind;

/* A value of a document. Those in an array or object follow it, each with what is in it. */
typedef struct {
  Span name; /* as a member, without escapes */
  Span text; /* as it is written; of a string the inside */
  double number;
  uint32_t next;  /* the value behind this one and all in it; of a link, where the value is */
  uint32_t count; /* members or items */
  uint8_t kind;
  bool escaped;  /* a string has escapes */
  bool integral; /* a number is Python's int */
} Value;

/* An array or object that is open. */
typedef struct {
  size_t names; /* how many there were before it */
  uint32_t value;
  bool object;
} Open;

/* Room to read in, for one payload after the other. All zero at the start. */
typedef struct {
  Value *value;
  size_t count, room;
  Names names;
  Text unescaped[2]; /* names that had escapes, of a payload and of one in it: never moved while they are in use */
  bool no_memory;    /* why something was not read */
  Open open[MOST_DEPTH];
} Json;

/* Begin with a payload: what was read before is gone. */
void json_begin(Json *json);
void json_free(Json *json);

/* Read the value at `at`: behind it; NULL where it is faulty, and for want of memory. outer: arrays and objects that are
 * open around it. keep: add it to the document; else it is passed over. which: of `unescaped`, for a payload of `size`
 * bytes. */
typedef struct {
  const uint8_t *end;
  size_t size;
  unsigned outer;
  int which;
  bool keep;
} Reading;
const uint8_t *json_value(Json *json, const uint8_t *at, const Reading *reading);

/* Read a whole payload into the document: its value's number; UINT32_MAX where it is faulty, and for want of memory. */
uint32_t json_document(Json *json, Span payload, int which);

/* Read a member's name at `at`, and add it to the innermost object's: behind it, or NULL. */
const uint8_t *json_name(Json *json, const uint8_t *at, const Reading *reading, Span *name);

/* Read the string at `at`, which must begin with a quote: behind its closing quote; NULL where there is none, or where
 * the string has a control character or an escape that is none. */
const uint8_t *json_string(const uint8_t *at, const uint8_t *end, Span *inside, bool *escaped);

/* The text that the inside of a string represents, in `room` where there are escapes; a single surrogate is three bytes.
 * False where there is no memory. */
bool json_text(Text *room, Span inside, bool escaped, Span *text);

/* The value itself, where it may be a link. */
static inline uint32_t json_follow(const Json *json, uint32_t value) {
  return json->value[value].kind == JSON_LINK ? json->value[value].next : value;
}

/* The value behind this one in the same array or object. A link has nothing in it. */
static inline uint32_t json_next(const Json *json, uint32_t value) {
  return json->value[value].kind == JSON_LINK ? json->value[value].count : json->value[value].next;
}

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

#endif
