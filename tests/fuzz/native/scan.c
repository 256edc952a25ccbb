/* An event by a schema: the input's first line says which, the rest is the payload.
 *
 * The line: names of the path to the event's id, a bar, names of the path to the features, then for each feature a
 * bar, its type (f, i, b or c), a digit (1: missing allowed, 2: unknown categories are missing), its name, and for a
 * category its values; names and values are parted by commas. Example: event_id|features|f1spend|c1device,mobile */
#include <math.h>

#include "schema.h"
#include "target.h"
#include "utf8.h"

enum { MOST_NAMES = 256, MOST_FEATURES = 64 };

/* A line that is cut up. */
typedef struct {
  const char *at, *end;
  Span names[MOST_NAMES];
  size_t count;
} Line;

/* The names up to the next bar, and past it. */
static Span *names(Line *line, size_t *count) {
  Span *first = &line->names[line->count];
  *count = 0;
  while (line->count < MOST_NAMES && line->at < line->end && *line->at != '|') {
    const char *at = line->at;
    while (line->at < line->end && *line->at != '|' && *line->at != ',') line->at++;
    line->names[line->count++] = (Span){at, (size_t)(line->at - at)};
    ++*count;
    if (line->at < line->end && *line->at == ',') line->at++;
  }
  while (line->at < line->end && *line->at != '|') line->at++;
  if (line->at < line->end) line->at++;
  return first;
}

static FeatureSpec feature(Line *line) {
  FeatureSpec spec = {.type = TYPE_FLOAT};
  if (line->end - line->at >= 2) {
    char type = line->at[0], rules = line->at[1];
    spec.type = type == 'i' ? TYPE_INT : type == 'b' ? TYPE_BOOL : type == 'c' ? TYPE_CATEGORY : TYPE_FLOAT;
    spec.missing = rules & 1;
    spec.unknown_is_missing = rules & 2;
    line->at += 2;
  }
  size_t count;
  Span *found = names(line, &count);
  if (count) spec.name = found[0];
  spec.categories = found + 1;
  spec.category_count = count > 1 ? count - 1 : 0;
  return spec;
}

static Schema *make(const uint8_t *data, size_t size) {
  Line line = {.at = (const char *)data, .end = (const char *)data + size};
  FeatureSpec features[MOST_FEATURES];
  SchemaSpec spec = {.features = features};
  spec.event_id = names(&line, &spec.event_id_count);
  spec.features_path = names(&line, &spec.features_path_count);
  while (line.at < line.end && spec.feature_count < MOST_FEATURES) features[spec.feature_count++] = feature(&line);
  return schema_new(&spec);
}

/* UTF-8 by its definition: a code point's bits, and whether that many bytes were needed. */
static bool is_utf8(const uint8_t *at, size_t size) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  for (size_t i = 0, length; i < size; i += length) {
    length = at[i] < 0x80 ? 1 : at[i] >> 5 == 6 ? 2 : at[i] >> 4 == 14 ? 3 : at[i] >> 3 == 30 ? 4 : 0;
    if (!length || length > size - i) return false;
    uint32_t code = length == 1 ? at[i] : at[i] & (0x7fu >> length);
    for (size_t j = 1; j < length; j++) {
      if (at[i + j] >> 6 != 2) return false;
      code = code << 6 | (at[i + j] & 0x3f);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
  }
  return true;
}

static void check(const Scanned *scanned, const uint8_t *payload, size_t size, const float *row, size_t columns) {
  const char *first = (const char *)payload, *id = scanned->event_id;
  EXPECT(id > first && scanned->event_id_size < size && id + scanned->event_id_size < first + size);
  EXPECT(json_plain((Span){id, scanned->event_id_size}) && id[-1] == '"' && id[scanned->event_id_size] == '"');
  EXPECT(scanned->ignored < size);
  for (size_t i = 0; i < columns; i++) {
    uint32_t bits;
    memcpy(&bits, &row[i], sizeof bits);
    EXPECT(isfinite(row[i]) || bits == 0x7fc00000);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 20) return 0;
  const uint8_t *line_end = size ? memchr(data, '\n', size) : NULL;
  if (!line_end) return 0;
  Schema *schema = make(data, (size_t)(line_end - data));
  EXPECT(schema);
  size_t payload_size = size - (size_t)(line_end - data) - 1, columns = schema_columns(schema);
  const uint8_t *payload = guarded_copy(0, line_end + 1, payload_size);
  float *row = (float *)(void *)guarded(1, columns * sizeof(float));
  float *again = (float *)(void *)guarded(2, columns * sizeof(float));
  Scanned scanned, scanned_again;

  EXPECT(utf8_valid(payload, payload_size) == is_utf8(payload, payload_size));
  int unusual = schema_scan(schema, payload, payload_size, row, &scanned);
  EXPECT(unusual == schema_scan(schema, payload, payload_size, again, &scanned_again));
  if (!unusual) {
    EXPECT(is_utf8(payload, payload_size));
    EXPECT(memcmp(row, again, columns * sizeof(float)) == 0);
    EXPECT(scanned.event_id == scanned_again.event_id && scanned.ignored == scanned_again.ignored);
    check(&scanned, payload, payload_size, row, columns);
  }
  schema_free(schema);
  return 0;
}
