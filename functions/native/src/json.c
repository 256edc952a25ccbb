#include "json.h"

#include <stdlib.h>

#include "escapes.h"
#include "number.h"
#include "plain.h"

void json_begin(Json *json) {
  json->count = json->names.count = 0;
  json->unescaped[0].size = json->unescaped[1].size = 0;
  json->no_memory = false;
}

void json_free(Json *json) {
  free(json->value);
  names_free(&json->names);
  text_free(&json->unescaped[0]);
  text_free(&json->unescaped[1]);
}

const uint8_t *json_string(const uint8_t *at, const uint8_t *end, Span *inside, bool *escaped) {
  if (!next_is(at, end, '"')) return NULL;
  const uint8_t *first = ++at;
  *escaped = false;
  while (true) {
    at += string_run((const char *)at, (size_t)(end - at));
    if (at == end) return NULL;
    if (*at == '"') break;
    if (*at != '\\') return NULL;
    *escaped = true;
    if (!(at = (const uint8_t *)json_skip_escape((const char *)at, (const char *)end))) return NULL;
  }
  *inside = (Span){(const char *)first, (size_t)(at - first)};
  return at + 1;
}

bool json_text(Text *room, Span inside, bool escaped, Span *text) {
  *text = inside;
  if (!escaped) return true;
  room->size = 0;
  if (text_reserve(room, inside.size) < 0) return false;
  *text = (Span){room->at, json_unescape_any(inside, room->at)};
  return true;
}

/* A name without its escapes. All names of a payload fit into as many bytes as it has. */
static bool unescape_name(Json *json, const Reading *reading, Span *name) {
  Text *room = &json->unescaped[reading->which];
  if (room->size == 0 && text_reserve(room, reading->size) < 0) {
    json->no_memory = true;
    return false;
  }
  size_t size = json_unescape_any(*name, room->at + room->size);
  *name = (Span){room->at + room->size, size};
  room->size += size;
  return true;
}

const uint8_t *json_name(Json *json, const uint8_t *at, const Reading *reading, Span *name) {
  bool escaped;
  if (!(at = json_string(at, reading->end, name, &escaped))) return NULL;
  return !escaped || unescape_name(json, reading, name) ? at : NULL;
}

/* Past a member's name and colon, to its value. */
static inline const uint8_t *to_value(Json *json, const uint8_t *at, const Reading *reading, Span *name) {
  if (!(at = json_name(json, at, reading, name))) return NULL;
  if (!names_push(&json->names, *name)) return json->no_memory = true, NULL;
  at = skip_space(at, reading->end);
  return next_is(at, reading->end, ':') ? skip_space(at + 1, reading->end) : NULL;
}

/* Add a value to the document; NULL where there is no room. */
static Value *add(Json *json, unsigned depth, Span name, Kind kind) {
  if (json->count == json->room) {
    void *block = json->value;
    if (json->count >= UINT32_MAX / 2 || grow(&block, &json->room, json->count + 64, sizeof *json->value) < 0) {
      json->no_memory = true;
      return NULL;
    }
    json->value = block;
  }
  if (depth) json->value[json->open[depth - 1].value].count++;
  Value *value = &json->value[json->count++];
  value->name = name;
  value->next = (uint32_t)json->count;
  value->count = 0;
  value->kind = (uint8_t)kind;
  value->escaped = value->integral = false;
  return value;
}

static const uint8_t *skip_scalar(const uint8_t *at, const uint8_t *end) {
  Span inside;
  bool escaped;
  switch (*at) {
    case '"':
      return json_string(at, end, &inside, &escaped);
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

static const uint8_t *keep_scalar(Json *json, const uint8_t *at, const uint8_t *end, unsigned depth, Span name) {
  const uint8_t *first = at;
  Kind kind = *at == '"'   ? JSON_STRING
              : *at == 't' ? JSON_TRUE
              : *at == 'f' ? JSON_FALSE
              : *at == 'n' ? JSON_NULL
                           : JSON_NUMBER;
  Value *value = add(json, depth, name, kind);
  if (!value) return NULL;
  if (kind == JSON_STRING) return json_string(at, end, &value->text, &value->escaped);
  if (kind == JSON_NUMBER) {
    Number number;
    if (!(at = number_read(at, end, &number))) return NULL;
    value->number = number.value;
    value->integral = number.integral;
  } else if (!(at = skip_scalar(at, end))) {
    return NULL;
  }
  value->text = (Span){(const char *)first, (size_t)(at - first)};
  return at;
}

/* Into the array or object at `at`: past its bracket. */
static const uint8_t *enter(Json *json, const uint8_t *at, const Reading *reading, unsigned *depth, Span name) {
  bool object = *at == '{';
  if (*depth + reading->outer >= MOST_DEPTH) return NULL;
  json->open[*depth] = (Open){json->names.count, (uint32_t)json->count, object};
  if (reading->keep) {
    Value *value = add(json, *depth, name, object ? JSON_OBJECT : JSON_ARRAY);
    if (!value) return NULL;
    value->text.at = (const char *)at;
  }
  ++*depth;
  return skip_space(at + 1, reading->end);
}

/* Out of the innermost array or object, behind whose bracket `at` is: false where it has a name twice. */
static bool leave(Json *json, const uint8_t *at, const Reading *reading, unsigned *depth) {
  const Open *open = &json->open[--*depth];
  if (reading->keep) {
    Value *value = &json->value[open->value];
    value->next = (uint32_t)json->count;
    value->text.size = (size_t)((const char *)at - value->text.at);
  }
  if (!open->object) return true;
  NamesFound found = names_close(&json->names, open->names);
  json->no_memory |= found == NAMES_NO_MEMORY;
  return found == NAMES_UNIQUE;
}

const uint8_t *json_value(Json *json, const uint8_t *at, const Reading *reading) {
  const uint8_t *end = reading->end;
  unsigned depth = 0;
  Span name = {0};
  do {
    if (at == end) return NULL;
    if (*at == '{' || *at == '[') {
      bool object = *at == '{';
      if (!(at = enter(json, at, reading, &depth, name))) return NULL;
      if (!next_is(at, end, object ? '}' : ']')) {
        if (object && !(at = to_value(json, at, reading, &name))) return NULL;
        continue;
      }
    } else {
      at = reading->keep ? keep_scalar(json, at, end, depth, name) : skip_scalar(at, end);
      if (!at) return NULL;
    }
    while (depth) {
      bool object = json->open[depth - 1].object;
      at = skip_space(at, end);
      if (next_is(at, end, ',')) {
        at = skip_space(at + 1, end);
        if (object && !(at = to_value(json, at, reading, &name))) return NULL;
        break;
      }
      if (!next_is(at, end, object ? '}' : ']') || !leave(json, ++at, reading, &depth)) return NULL;
    }
  } while (depth);
  return at;
}

uint32_t json_document(Json *json, Span payload, int which) {
  const uint8_t *at = (const uint8_t *)payload.at;
  Reading reading = {.end = at + payload.size, .size = payload.size, .which = which, .keep = true};
  uint32_t root = (uint32_t)json->count;
  at = json_value(json, skip_space(at, reading.end), &reading);
  return at && skip_space(at, reading.end) == reading.end ? root : UINT32_MAX;
}
