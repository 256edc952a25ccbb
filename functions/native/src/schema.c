/* Makes a schema: copies the texts and paths, builds the look-ups. */
#include "schema.h"

#include <stdlib.h>

#include "schema_parts.h"
#include "utf8.h"

Span schema_keep(Schema *schema, Span text) {
  char *at = schema->texts + schema->texts_size;
  at[0] = at[text.size + 1] = '"';
  if (text.size) memcpy(at + 1, text.at, text.size);
  schema->texts_size += text.size + 2;
  return (Span){at + 1, text.size};
}

static const Span *keep_all(Schema *schema, const Span *texts, size_t count) {
  Span *first = schema->spans + schema->span_count;
  for (size_t i = 0; i < count; i++) first[i] = schema_keep(schema, texts[i]);
  schema->span_count += count;
  return first;
}

static Path keep_path(Schema *schema, Path path) {
  return (Path){keep_all(schema, path.tokens, path.count), path.count};
}

/* What the spec's texts take. */
typedef struct {
  size_t spans, bytes;
  bool fits;
} Sum;

static void count(Sum *sum, const Span *texts, size_t number) {
  sum->fits = sum->fits && size_add(&sum->spans, number);
  for (size_t i = 0; i < number; i++) {
    sum->fits = sum->fits && size_add(&sum->bytes, texts[i].size) && size_add(&sum->bytes, 2);
  }
}

/* Room for everything that is kept: 0, or -1. */
static int allocate(Schema *schema, const SchemaSpec *spec) {
  Sum sum = {1, 1, true};
  count(&sum, spec->event_id.tokens, spec->event_id.count);
  count(&sum, spec->names, spec->feature_count);
  for (size_t i = 0; i < spec->holder_count; i++) {
    count(&sum, spec->holders[i].path.tokens, spec->holders[i].path.count);
    count(&sum, spec->holders[i].names, spec->holders[i].count);
  }
  for (size_t i = 0; i < spec->rule_count; i++) count(&sum, spec->rules[i].path.tokens, spec->rules[i].path.count);
  for (size_t i = 0; i < spec->passed_count; i++) {
    count(&sum, spec->passed[i].path.tokens, spec->passed[i].path.count);
    count(&sum, &spec->passed[i].name, 1);
  }
  if (!sum.fits) return -1;
  schema->texts = malloc(sum.bytes);
  schema->spans = calloc(sum.spans, sizeof *schema->spans);
  schema->features = calloc(spec->feature_count + 1, sizeof *schema->features);
  schema->slots = calloc(spec->feature_count + 1, sizeof *schema->slots);
  schema->holders = calloc(spec->holder_count + 1, sizeof *schema->holders);
  schema->rules = calloc(spec->rule_count + 1, sizeof *schema->rules);
  schema->passed = calloc(spec->passed_count + 1, sizeof *schema->passed);
  return schema->texts && schema->spans && schema->features && schema->slots && schema->holders && schema->rules &&
                 schema->passed
             ? 0
             : -1;
}

static int build_features(Schema *schema, const SchemaSpec *spec) {
  bool twice = false;
  const Span *names = keep_all(schema, spec->names, spec->feature_count);
  for (size_t i = 0; i < spec->feature_count; i++) {
    schema->columns = i + 1;
    schema->slots[i] = spec->slots[i];
    if (feature_init(&schema->features[i], &spec->features[i]) < 0) return -1;
  }
  return lookup_build(&schema->by_name, names, spec->feature_count, &twice);
}

static int build_holders(Schema *schema, const SchemaSpec *spec) {
  bool twice = false;
  for (size_t i = 0; i < spec->holder_count; i++) {
    const HolderSpec *from = &spec->holders[i];
    Holder *holder = &schema->holders[schema->holder_count++];
    uint32_t index;
    holder->path = keep_path(schema, from->path);
    holder->count = from->count;
    holder->first_slot = schema->slot_count;
    holder->indices = true;
    for (size_t j = 0; j < from->count; j++) holder->indices = holder->indices && token_index(from->names[j], &index);
    schema->slot_count += from->count;
    if (lookup_build(&holder->members, keep_all(schema, from->names, from->count), from->count, &twice) < 0) return -1;
  }
  return 0;
}

static int build_rules(Schema *schema, const SchemaSpec *spec) {
  for (size_t i = 0; i < spec->rule_count; i++) {
    schema->rule_count = i + 1;
    schema->rules[i].path = keep_path(schema, spec->rules[i].path);
    if (scalars_init(&schema->rules[i].equals, &spec->rules[i].equals) < 0) return -1;
  }
  for (size_t i = 0; i < spec->passed_count; i++) {
    schema->passed[i].path = keep_path(schema, spec->passed[i].path);
    schema->passed[i].name = *keep_all(schema, &spec->passed[i].name, 1);
  }
  schema->passed_count = spec->passed_count;
  return 0;
}

Schema *schema_new(const SchemaSpec *spec) {
  Schema *schema = calloc(1, sizeof *schema);
  if (!schema) return NULL;
  schema->format = spec->format;
  schema->unwrap = spec->unwrap;
  schema->many = spec->many;
  schema->has_id = spec->has_id;
  schema->integer_id = spec->integer_id;
  schema->optional_id = spec->optional_id;
  bool made = allocate(schema, spec) == 0 && build_features(schema, spec) == 0 && build_holders(schema, spec) == 0 &&
              build_rules(schema, spec) == 0;
  if (made) schema->event_id = keep_path(schema, spec->event_id);
  if (made && direct_init(schema) == 0) return schema;
  schema_free(schema);
  return NULL;
}

void schema_free(Schema *schema) {
  if (!schema) return;
  direct_free(&schema->direct);
  lookup_free(&schema->by_name);
  for (size_t i = 0; i < schema->holder_count; i++) lookup_free(&schema->holders[i].members);
  for (size_t i = 0; i < schema->rule_count; i++) scalars_free(&schema->rules[i].equals);
  for (size_t i = 0; i < schema->columns; i++) feature_free(&schema->features[i]);
  free(schema->features);
  free(schema->slots);
  free(schema->holders);
  free(schema->rules);
  free(schema->passed);
  free(schema->spans);
  free(schema->texts);
  free(schema);
}

size_t schema_columns(const Schema *schema) { return schema->columns; }

bool schema_many(const Schema *schema) { return schema->many; }

void scratch_free(Scratch *scratch) {
  json_free(&scratch->json);
  text_free(&scratch->text);
  text_free(&scratch->decoded);
  text_free(&scratch->event_id);
  text_free(&scratch->quoted);
  text_free(&scratch->passthrough);
  free(scratch->values);
}

bool scratch_values(Scratch *scratch, size_t count) {
  if (count <= scratch->value_room) return true;
  void *block = scratch->values;
  if (grow(&block, &scratch->value_room, count, sizeof *scratch->values) < 0) return false;
  scratch->values = block;
  return true;
}

/* As schema_scan, of bytes that are UTF-8. */
static ScanResult scan_text(const Schema *schema, Span payload, Scratch *scratch, void *row, Scanned *scanned) {
  size_t rows;
  ScanResult result;
  switch (schema->format) {
    case FORMAT_JSON:
      if (schema->direct.possible) return direct_scan(schema, payload, scratch, row, scanned);
      return object_scan(schema, payload, scratch, row, scanned);
    case FORMAT_CSV:
      return csv_scan(schema, payload, scratch, row);
    case FORMAT_VECTOR:
      return vector_scan(schema, payload, scratch, row);
    default:
      result = tensors_read(schema, payload, scratch, &rows);
      if (result != SCAN_ROW) return result;
      return rows == 1 ? tensors_scan(schema, scratch, 0, row, scanned) : SCAN_UNUSUAL;
  }
}

ScanResult schema_scan(const Schema *schema, Span payload, Scratch *scratch, void *row, Scanned *scanned) {
  if (!utf8_valid((const uint8_t *)payload.at, payload.size)) return SCAN_UNUSUAL;
  *scanned = (Scanned){0};
  json_begin(&scratch->json);
  ScanResult result = scan_text(schema, payload, scratch, row, scanned);
  return result == SCAN_UNUSUAL && scratch->json.no_memory ? SCAN_NO_MEMORY : result;
}
