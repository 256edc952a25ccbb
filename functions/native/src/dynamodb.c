/* From an image's typed attributes, such as {"N": "3.4"}, to plain JSON: _plain of scoring/events/unwrap.py. */
#include "number.h"
#include "schema_parts.h"

enum { MOST_ATTRIBUTE_LEVELS = 64, MOST_NUMBER = 400 };

/* What is open: its next value, behind the last one, and what its values are. */
typedef struct {
  uint32_t at, end;
  char close;
  char set; /* 0, or the type of a set's items: S, N or B */
} Level;

typedef struct {
  Scratch *scratch;
  Text *out;
  Level levels[MOST_ATTRIBUTE_LEVELS + 1];
  int depth;
} Writer;

static ScanResult put(Writer *writer, Span text) {
  return text_append(writer->out, text) < 0 ? SCAN_NO_MEMORY : SCAN_ROW;
}

static ScanResult put_name(Writer *writer, Span name) {
  Span quoted;
  if (!json_quote(&writer->scratch->text, name, &quoted) || text_append(writer->out, quoted) < 0) return SCAN_NO_MEMORY;
  return put(writer, SPAN(":"));
}

/* A string as it is written: its escapes are still JSON's. */
static ScanResult put_string(Writer *writer, const Value *value) {
  if (value->kind != JSON_STRING) return SCAN_UNUSUAL;
  return put(writer, (Span){value->text.at - 1, value->text.size + 2});
}

static ScanResult put_number(Writer *writer, const Value *value) {
  Span text;
  Number number;
  if (value->kind != JSON_STRING) return SCAN_UNUSUAL;
  if (!json_text(&writer->scratch->text, value->text, value->escaped, &text)) return SCAN_NO_MEMORY;
  const uint8_t *at = (const uint8_t *)text.at, *end = at + text.size;
  if (text.size == 0 || text.size > MOST_NUMBER || number_read(at, end, &number) != end) return SCAN_UNUSUAL;
  return put(writer, text);
}

/* Into a map, a list or a set. */
static ScanResult open(Writer *writer, uint32_t number, bool map, char set) {
  const Value *value = &writer->scratch->json.value[number];
  if (value->kind != (map ? JSON_OBJECT : JSON_ARRAY)) return SCAN_UNUSUAL;
  if (writer->depth > MOST_ATTRIBUTE_LEVELS) return SCAN_UNUSUAL;
  writer->levels[writer->depth++] = (Level){number + 1, value->next, map ? '}' : ']', set};
  return put(writer, map ? SPAN("{") : SPAN("["));
}

static ScanResult put_scalar(Writer *writer, char type, const Value *value) {
  return type == 'N' ? put_number(writer, value) : put_string(writer, value);
}

/* One attribute: an object with its type and value. */
static ScanResult put_attribute(Writer *writer, uint32_t number) {
  const Value *typed = &writer->scratch->json.value[number], *value = typed + 1;
  if (typed->kind != JSON_OBJECT || typed->count != 1 || writer->depth > MOST_ATTRIBUTE_LEVELS) return SCAN_UNUSUAL;
  Span type = value->name;
  if (type.size == 1 && memchr("SNB", type.at[0], 3)) return put_scalar(writer, type.at[0], value);
  if (span_equal(type, SPAN("BOOL"))) {
    if (value->kind != JSON_TRUE && value->kind != JSON_FALSE) return SCAN_UNUSUAL;
    return put(writer, value->text);
  }
  if (span_equal(type, SPAN("NULL"))) return put(writer, SPAN("null"));
  if (span_equal(type, SPAN("M"))) return open(writer, number + 1, true, 0);
  if (span_equal(type, SPAN("L"))) return open(writer, number + 1, false, 0);
  bool set = type.size == 2 && type.at[1] == 'S' && memchr("SNB", type.at[0], 3);
  return set ? open(writer, number + 1, false, type.at[0]) : SCAN_UNUSUAL;
}

static ScanResult put_next(Writer *writer, Level *level) {
  const Json *json = &writer->scratch->json;
  uint32_t number = level->at;
  level->at = json->value[number].next;
  if (!level->set) return put_attribute(writer, number);
  if (writer->depth > MOST_ATTRIBUTE_LEVELS) return SCAN_UNUSUAL;
  return put_scalar(writer, level->set, &json->value[number]);
}

ScanResult dynamodb_plain(Scratch *scratch, uint32_t image, Text *plain) {
  Writer writer = {.scratch = scratch, .out = plain};
  plain->size = 0;
  ScanResult result = open(&writer, image, true, 0);
  bool first = true;
  while (result == SCAN_ROW && writer.depth) {
    Level *level = &writer.levels[writer.depth - 1];
    if (level->at == level->end) {
      char close = level->close;
      writer.depth--;
      first = false;
      result = put(&writer, (Span){&close, 1});
      continue;
    }
    if (!first && (result = put(&writer, SPAN(","))) != SCAN_ROW) break;
    int depth = writer.depth;
    if (level->close == '}') result = put_name(&writer, scratch->json.value[level->at].name);
    if (result == SCAN_ROW) result = put_next(&writer, level);
    first = writer.depth > depth;
  }
  return result;
}
