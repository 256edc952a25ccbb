/* An image's typed attributes, such as {"N": "3.4"}, become the values that they are, in the document itself: _plain of
 * scoring/events/unwrap.py. */
#include "escapes.h"
#include "number.h"
#include "schema_parts.h"

enum { MOST_ATTRIBUTE_LEVELS = 64, MOST_NUMBER = 400 };

/* What is open: its next value, the one behind the last, and what its values are. */
typedef struct {
  uint32_t at, end;
  char set; /* 0: attributes; or the type of a set's items: S, N or B */
} Level;

typedef struct {
  Json *json;
  const uint8_t *end; /* of the payload */
  Text *numbers;      /* of those that are written with escapes; never moved */
  Level levels[MOST_ATTRIBUTE_LEVELS + 1];
  int depth;
} Image;

/* A number as text becomes a number. */
static bool read_number(Image *image, Value *value) {
  Span text = value->text;
  Number number;
  if (value->kind != JSON_STRING) return false;
  if (value->escaped) {
    text.at = image->numbers->at + image->numbers->size;
    text.size = json_unescape_any(value->text, image->numbers->at + image->numbers->size);
    image->numbers->size += text.size;
  }
  /* A number is read faster where more text is behind it. */
  const uint8_t *at = (const uint8_t *)text.at, *end = at + text.size;
  if (text.size == 0 || text.size > MOST_NUMBER) return false;
  if (number_read(at, value->escaped ? end : image->end, &number) != end) return false;
  value->kind = JSON_NUMBER;
  value->text = text;
  value->number = number.value;
  value->integral = number.integral;
  return true;
}

static bool read_scalar(Image *image, char type, Value *value) {
  return type == 'N' ? read_number(image, value) : value->kind == JSON_STRING;
}

/* Into a map, a list or a set. */
static bool open(Image *image, uint32_t number, Kind kind, char set) {
  const Value *value = &image->json->value[number];
  if (value->kind != (int)kind || image->depth > MOST_ATTRIBUTE_LEVELS) return false;
  image->levels[image->depth++] = (Level){number + 1, value->next, set};
  return true;
}

/* The value of an attribute, by its type. */
static bool read_typed(Image *image, uint32_t number, Span type) {
  Value *value = &image->json->value[number];
  if (type.size == 1 && memchr("SNB", type.at[0], 3)) return read_scalar(image, type.at[0], value);
  if (span_equal(type, SPAN("BOOL"))) return value->kind == JSON_TRUE || value->kind == JSON_FALSE;
  if (span_equal(type, SPAN("M"))) return open(image, number, JSON_OBJECT, 0);
  if (span_equal(type, SPAN("L"))) return open(image, number, JSON_ARRAY, 0);
  bool set = type.size == 2 && type.at[1] == 'S' && memchr("SNB", type.at[0], 3);
  return set && open(image, number, JSON_ARRAY, type.at[0]);
}

/* An attribute, which is an object with its type and value, becomes a link to the value. */
static bool read_attribute(Image *image, uint32_t number) {
  Value *typed = &image->json->value[number], *value = typed + 1;
  if (typed->kind != JSON_OBJECT || typed->count != 1) return false;
  if (span_equal(value->name, SPAN("NULL"))) {
    typed->kind = JSON_NULL; /* whatever is in it */
    typed->text = SPAN("null");
    return true;
  }
  if (!read_typed(image, number + 1, value->name)) return false;
  typed->kind = JSON_LINK;
  typed->count = typed->next;
  typed->next = number + 1;
  return true;
}

/* SCAN_UNUSUAL: this is no image, and what was read of the document is of no use any more. */
ScanResult dynamodb_plain(Scratch *scratch, uint32_t number, Span payload) {
  Image image = {.json = &scratch->json, .numbers = &scratch->decoded};
  image.end = (const uint8_t *)payload.at + payload.size;
  if (text_reserve(image.numbers, payload.size) < 0) return SCAN_NO_MEMORY;
  if (!open(&image, number, JSON_OBJECT, 0)) return SCAN_UNUSUAL;
  while (image.depth) {
    Level *level = &image.levels[image.depth - 1];
    if (level->at == level->end) {
      image.depth--;
      continue;
    }
    uint32_t at = level->at;
    level->at = image.json->value[at].next; /* before it becomes a link */
    if (image.depth > MOST_ATTRIBUTE_LEVELS) return SCAN_UNUSUAL;
    bool read = level->set ? read_scalar(&image, level->set, &image.json->value[at]) : read_attribute(&image, at);
    if (!read) return SCAN_UNUSUAL;
  }
  return SCAN_ROW;
}
