/* Events that are arrays of values, and Open Inference requests: scoring/events/vector.py and open_inference.py. */
#include <math.h>

#include "escapes.h"
#include "schema_parts.h"

ScanResult vector_scan(const Schema *schema, Span payload, Scratch *scratch, void *row) {
  Json *json = &scratch->json;
  uint32_t item = json_document(json, payload, 0);
  if (item == UINT32_MAX || json->value[item].kind != JSON_ARRAY || json->value[item].count != schema->columns) {
    return SCAN_UNUSUAL;
  }
  item++;
  for (size_t i = 0; i < schema->columns; i++, item = json_next(json, item)) {
    uint32_t bits;
    if (!document_feature(&schema->features[i], scratch, item, &bits)) return SCAN_NO_MEMORY;
    if (bits == UNFIT) return SCAN_UNUSUAL;
    put_bits(row, i, bits);
  }
  return SCAN_ROW;
}

/* A tensor of a request: its values are numbers in the scratch, row by row. */
typedef struct {
  Span name;
  size_t first; /* of its values */
  uint32_t rows, width, dimensions;
} Tensor;

/* The scratch's numbers: for each feature the place of its first value, or 0; for each feature how far it is to the
 * value of the next row; then the values of all tensors. */
static uint32_t *firsts(const Scratch *scratch) { return scratch->values; }
static uint32_t *steps(const Scratch *scratch, const Schema *schema) { return scratch->values + schema->columns; }

static uint32_t member(const Json *json, uint32_t holder, Span name, Kind kind) {
  uint32_t found = document_child(json, holder, name, ABSENT);
  return found != ABSENT && json->value[found].kind == kind ? found : ABSENT;
}

/* The shape of a tensor with that many values; false where it is none, or another's. */
static bool read_shape(const Json *json, uint32_t shape, uint32_t count, Tensor *tensor) {
  const Value *whole = &json->value[shape];
  double product = 1, width = 1;
  if (whole->count == 0) return false;
  for (uint32_t i = 0; i < whole->count; i++) {
    const Value *size = whole + 1 + i; /* a scalar, or the first one is not */
    if (size->kind != JSON_NUMBER || !size->integral || size->number < 0) return false;
    /* What is beyond a count of values stays beyond, unless it meets 0. */
    product = product * size->number < UINT32_MAX ? product * size->number : size->number == 0 ? 0 : UINT32_MAX;
    if (i > 0) width = width * size->number < UINT32_MAX ? width * size->number : size->number == 0 ? 0 : UINT32_MAX;
  }
  if (product != count || whole[1].number >= UINT32_MAX || width >= UINT32_MAX) return false;
  tensor->rows = (uint32_t)whole[1].number;
  tensor->width = (uint32_t)width;
  tensor->dimensions = whole->count;
  return true;
}

/* The values of nested arrays, row by row: how many, written where there is room. */
static uint32_t flatten(const Json *json, uint32_t data, uint32_t *out) {
  uint32_t count = 0, end = json->value[data].next;
  for (uint32_t value = data + 1; value < end;) {
    if (json->value[value].kind == JSON_ARRAY) {
      value++;
      continue;
    }
    out[count++] = value;
    value = json->value[value].next;
  }
  return count;
}

/* The text of a string, where it stays until all of the request is read; there is room. */
static Span keep_text(Text *room, const Value *string) {
  if (!string->escaped) return string->text;
  char *at = room->at + room->size;
  size_t size = json_unescape_any(string->text, at);
  room->size += size;
  return (Span){at, size};
}

/* Read a tensor, and its values from `*end` on in the scratch's numbers. */
static ScanResult read_tensor(Scratch *scratch, uint32_t item, size_t *end, Tensor *tensor) {
  const Json *json = &scratch->json;
  if (json->value[item].kind != JSON_OBJECT) return SCAN_UNUSUAL;
  uint32_t name = member(json, item, SPAN("name"), JSON_STRING), shape = member(json, item, SPAN("shape"), JSON_ARRAY);
  uint32_t type = member(json, item, SPAN("datatype"), JSON_STRING),
           data = member(json, item, SPAN("data"), JSON_ARRAY);
  if (name == ABSENT || type == ABSENT || shape == ABSENT || data == ABSENT) return SCAN_UNUSUAL;
  tensor->first = *end;
  uint32_t count = flatten(json, data, scratch->values + *end);
  *end += count;
  if (!read_shape(json, shape, count, tensor)) return SCAN_UNUSUAL;
  tensor->name = keep_text(&scratch->decoded, &json->value[name]);
  return names_push(&scratch->json.names, tensor->name) ? SCAN_ROW : SCAN_NO_MEMORY;
}

/* One tensor whose columns are the features. */
static void use_matrix(const Schema *schema, Scratch *scratch, const Tensor *tensor) {
  for (size_t i = 0; i < schema->columns; i++) {
    firsts(scratch)[i] = (uint32_t)(tensor->first + i);
    steps(scratch, schema)[i] = tensor->width;
  }
}

/* A tensor of a feature's name; false where it has not one value for each event. */
static bool use_column(const Schema *schema, Scratch *scratch, const Tensor *tensor) {
  size_t feature = lookup_find(&schema->by_name, tensor->name);
  if (feature == UNKNOWN) return true;
  firsts(scratch)[feature] = (uint32_t)tensor->first;
  steps(scratch, schema)[feature] = 1;
  return tensor->width == 1;
}

/* Read all tensors, with as many rows each. */
static ScanResult read_tensors(const Schema *schema, Scratch *scratch, uint32_t inputs, size_t *rows) {
  Json *json = &scratch->json;
  uint32_t count = json->value[inputs].count, item = inputs + 1;
  size_t end = 2 * schema->columns;
  bool fits = true, single = false;
  for (uint32_t i = 0; i < count; i++, item = json_next(json, item)) {
    Tensor tensor;
    ScanResult result = read_tensor(scratch, item, &end, &tensor);
    if (result != SCAN_ROW) return result;
    if (i > 0 && tensor.rows != *rows) return SCAN_UNUSUAL;
    *rows = tensor.rows;
    single = count == 1 && tensor.dimensions == 2 && tensor.width == schema->columns;
    if (single) use_matrix(schema, scratch, &tensor);
    fits = fits && (single || use_column(schema, scratch, &tensor));
  }
  bool some = false;
  for (size_t i = 0; i < schema->columns; i++) some = some || firsts(scratch)[i] != 0;
  NamesFound found = names_close(&json->names, 0);
  if (found == NAMES_NO_MEMORY) return SCAN_NO_MEMORY;
  return fits && some && found == NAMES_UNIQUE && *rows > 0 ? SCAN_ROW : SCAN_UNUSUAL;
}

/* A request that is divided is written again for each event, which takes finite numbers. */
static bool all_finite(const Json *json) {
  for (size_t i = 0; i < json->count; i++) {
    if (json->value[i].kind == JSON_NUMBER && !isfinite(json->value[i].number)) return false;
  }
  return true;
}

ScanResult tensors_read(const Schema *schema, Span payload, Scratch *scratch, size_t *rows) {
  Json *json = &scratch->json;
  uint32_t request = json_document(json, payload, 0);
  if (request == UINT32_MAX || json->value[request].kind != JSON_OBJECT) return SCAN_UNUSUAL;
  bool ignored = false; /* of several events each may be */
  ScanResult result = schema->many ? SCAN_ROW : document_rules(schema, scratch, &ignored);
  if (result != SCAN_ROW || ignored) return ignored ? SCAN_IGNORED : result;
  uint32_t inputs = member(json, request, SPAN("inputs"), JSON_ARRAY);
  if (inputs == ABSENT || json->value[inputs].count == 0 || schema->columns == 0) return SCAN_UNUSUAL;
  size_t numbers = 2 * schema->columns + json->count;
  scratch->decoded.size = 0;
  if (!scratch_values(scratch, numbers) || text_reserve(&scratch->decoded, payload.size) < 0) return SCAN_NO_MEMORY;
  memset(scratch->values, 0, 2 * schema->columns * sizeof *scratch->values);
  if (schema->many && !all_finite(json)) return SCAN_UNUSUAL;
  return read_tensors(schema, scratch, inputs, rows);
}

ScanResult tensors_scan(const Schema *schema, Scratch *scratch, size_t number, void *row, Scanned *scanned) {
  bool ignored = false;
  ScanResult result = schema->many ? document_rules(schema, scratch, &ignored) : SCAN_ROW;
  if (result != SCAN_ROW || ignored) return ignored ? SCAN_IGNORED : result;
  if ((result = document_id(schema, scratch, scanned)) != SCAN_ROW) return result;
  for (size_t i = 0; i < schema->columns; i++) {
    uint32_t bits, first = firsts(scratch)[i];
    uint32_t value = first ? scratch->values[first + number * steps(scratch, schema)[i]] : ABSENT;
    if (!document_feature(&schema->features[i], scratch, value, &bits)) return SCAN_NO_MEMORY;
    if (bits == UNFIT) return SCAN_UNUSUAL;
    put_bits(row, i, bits);
  }
  return document_passed(schema, scratch, scanned);
}
