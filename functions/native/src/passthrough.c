/* Members of an event that are copied into its prediction: as scoring/events/passthrough.py. */
#include <math.h>

#include "decimal.h"
#include "schema_parts.h"

enum { MOST_PASSED = 1024 }; /* bytes of the member in a prediction, and so the arrays and objects in each other */

/* An array or object that is being written: its next value, and the one behind the last. */
typedef struct {
  uint32_t at, end;
  bool object, first;
} Level;

typedef struct {
  Scratch *scratch;
  Text *out;
} Writer;

static ScanResult put(Writer *writer, Span text) {
  if (text.size > MOST_PASSED || writer->out->size > MOST_PASSED - text.size) return SCAN_UNUSUAL; /* too large */
  return text_append(writer->out, text) < 0 ? SCAN_NO_MEMORY : SCAN_ROW;
}

static ScanResult put_text(Writer *writer, Span text) {
  Span quoted;
  if (text.size > MOST_PASSED) return SCAN_UNUSUAL;
  return json_quote(&writer->scratch->quoted, text, &quoted) ? put(writer, quoted) : SCAN_NO_MEMORY;
}

static ScanResult put_number(Writer *writer, const Value *value) {
  char room[DECIMAL_ROOM];
  if (value->integral) return put(writer, value->number == 0 ? SPAN("0") : value->text);
  if (!isfinite(value->number)) return SCAN_UNUSUAL;
  return put(writer, (Span){room, (size_t)(decimal_write(room, value->number) - room)});
}

static ScanResult put_scalar(Writer *writer, const Value *value) {
  Span text;
  if (value->kind == JSON_NUMBER) return put_number(writer, value);
  if (value->kind != JSON_STRING) return put(writer, value->text);
  if (!json_text(&writer->scratch->text, value->text, value->escaped, &text)) return SCAN_NO_MEMORY;
  return put_text(writer, text);
}

/* A value, or the bracket that opens it; `level` is what is in it. */
static ScanResult begin(Writer *writer, uint32_t number, Level *level, bool *opened) {
  number = json_follow(&writer->scratch->json, number);
  const Value *value = &writer->scratch->json.value[number];
  *opened = value->kind == JSON_OBJECT || value->kind == JSON_ARRAY;
  if (!*opened) return put_scalar(writer, value);
  *level = (Level){number + 1, value->next, value->kind == JSON_OBJECT, true};
  return put(writer, level->object ? SPAN("{") : SPAN("["));
}

/* The next value of what is open, with what is before it. */
static ScanResult next(Writer *writer, Level *level, Level *inner, bool *opened) {
  const Json *json = &writer->scratch->json;
  uint32_t number = level->at;
  ScanResult result = level->first ? SCAN_ROW : put(writer, SPAN(","));
  level->first = false;
  level->at = json_next(json, number);
  if (result == SCAN_ROW && level->object && (result = put_text(writer, json->value[number].name)) == SCAN_ROW) {
    result = put(writer, SPAN(":"));
  }
  return result == SCAN_ROW ? begin(writer, number, inner, opened) : result;
}

/* Append a value as Python's JSON encoder writes it, compact and in ASCII. */
static ScanResult put_value(Writer *writer, uint32_t value) {
  Level levels[MOST_PASSED + 1]; /* each has written a bracket */
  size_t depth = 0;
  bool opened;
  ScanResult result = begin(writer, value, &levels[0], &opened);
  depth += opened;
  while (result == SCAN_ROW && depth) {
    Level *level = &levels[depth - 1];
    if (level->at == level->end) {
      result = put(writer, level->object ? SPAN("}") : SPAN("]"));
      depth--;
      continue;
    }
    result = next(writer, level, &levels[depth], &opened);
    depth += result == SCAN_ROW && opened;
  }
  return result;
}

ScanResult document_passed(const Schema *schema, Scratch *scratch, Scanned *scanned) {
  Text *out = &scratch->passthrough;
  if (schema->passed_count == 0) return SCAN_ROW;
  out->size = 0;
  Writer writer = {scratch, out};
  ScanResult result = put(&writer, SPAN("{"));
  for (size_t i = 0; i < schema->passed_count && result == SCAN_ROW; i++) {
    uint32_t found = document_find(&scratch->json, 0, schema->passed[i].path);
    if (found == ABSENT) continue;
    if (out->size > 1) result = put(&writer, SPAN(","));
    if (result == SCAN_ROW) result = put(&writer, schema->passed[i].name);
    if (result == SCAN_ROW) result = put_value(&writer, found);
  }
  if (result == SCAN_ROW) result = put(&writer, SPAN("}"));
  scanned->passthrough = (Span){out->at, out->size};
  return result;
}
