/* A record by a schema: the input's first line says which, the rest is the payload.
 *
 * The line: a word of flags, then a bar, names of the path to the event's id, a bar, names of the path to the features,
 * then for each feature a bar, its type (f, i, b or c), a digit (1: missing allowed, 2: unknown categories are missing,
 * 4: text is accepted), its name, and for a category its values; names and values are parted by commas. Flags: j, c, v or
 * o for the format; a digit for the envelope; m for many events; i for an integer id; n for none; p: the first member of
 * the path to the features passes through; r: a rule for the id "x". Example: j0pr|event_id|features|f1spend|c1device,mobile */
#include <math.h>

#include "schema.h"
#include "target.h"
#include "utf8.h"

enum { MOST_NAMES = 256, MOST_FEATURES = 64, MOST_CATEGORIES = 16 };

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

/* What a spec refers to. */
typedef struct {
  FeatureSpec features[MOST_FEATURES];
  ScalarSpec scalars[MOST_FEATURES][MOST_CATEGORIES];
  Span names[MOST_FEATURES];
  size_t slots[MOST_FEATURES];
  HolderSpec holder;
  RuleSpec rule;
  PassSpec passed;
  ScalarSpec ruled;
} Parts;

static const uint32_t NO_WORDS[3] = {NO_CODE, NO_CODE, NO_CODE};

/* Categories are texts, and where they are digits also integers. */
static void categories(ScalarsSpec *set, ScalarSpec *scalars, const Span *found, size_t count) {
  for (size_t i = 0; i < count && set->count + 1 < MOST_CATEGORIES; i++) {
    scalars[set->count++] = (ScalarSpec){SCALAR_TEXT, found[i], (uint32_t)i};
    size_t digits = 0;
    while (digits < found[i].size && found[i].at[digits] >= '0' && found[i].at[digits] <= '9') digits++;
    if (digits && digits == found[i].size) {
      scalars[set->count++] = (ScalarSpec){SCALAR_INTEGER, found[i], (uint32_t)i};
    }
  }
  set->scalars = scalars;
}

static void feature(Line *line, Parts *parts, size_t number) {
  FeatureSpec *spec = &parts->features[number];
  if (line->end - line->at >= 2) {
    char type = line->at[0], rules = line->at[1];
    spec->type = type == 'i' ? TYPE_INT : type == 'b' ? TYPE_BOOL : type == 'c' ? TYPE_CATEGORY : TYPE_FLOAT;
    spec->missing = rules & 1;
    spec->unknown_is_missing = rules & 2;
    spec->accept_text = rules & 4;
    line->at += 2;
  }
  size_t count;
  Span *found = names(line, &count);
  if (count) parts->names[number] = found[0];
  memcpy(spec->categories.words, NO_WORDS, sizeof NO_WORDS);
  memcpy(spec->missing_texts.words, NO_WORDS, sizeof NO_WORDS);
  if (count) categories(&spec->categories, parts->scalars[number], found + 1, count - 1);
}

/* Each name once: features of the same name share a slot. */
static size_t slot_of(Parts *parts, Span name, Span *slots) {
  for (size_t i = 0; i < parts->holder.count; i++) {
    if (span_equal(slots[i], name)) return i;
  }
  slots[parts->holder.count] = name;
  return parts->holder.count++;
}

static void read_flags(SchemaSpec *spec, const Parts *parts, const char *at, const char *end) {
  for (; at < end && *at != '|'; at++) {
    if (*at == 'c') spec->format = FORMAT_CSV;
    if (*at == 'v') spec->format = FORMAT_VECTOR;
    if (*at == 'o') spec->format = FORMAT_OPEN_INFERENCE;
    if (*at >= '0' && *at < '0' + UNWRAPS) spec->unwrap = (Unwrap)(*at - '0');
    spec->many |= *at == 'm';
    spec->integer_id |= *at == 'i';
    if (*at == 'n') spec->has_id = false;
    if (*at == 'p' && parts->passed.path.count) spec->passed_count = 1;
    if (*at == 'r' && parts->rule.path.count) spec->rule_count = 1;
  }
}

static Schema *make(const uint8_t *data, size_t size, Parts *parts, bool *many) {
  static Span slots[MOST_FEATURES];
  Line line = {.at = (const char *)data, .end = (const char *)data + size};
  const char *flags = line.at;
  while (line.at < line.end && *line.at != '|') line.at++;
  if (line.at < line.end) line.at++;
  SchemaSpec spec = {
      .features = parts->features, .names = parts->names, .slots = parts->slots, .holders = &parts->holder};
  spec.event_id.tokens = names(&line, &spec.event_id.count);
  spec.has_id = spec.event_id.count > 0;
  parts->holder.path.tokens = names(&line, &parts->holder.path.count);
  for (; line.at < line.end && spec.feature_count < MOST_FEATURES; spec.feature_count++) {
    feature(&line, parts, spec.feature_count);
    parts->slots[spec.feature_count] = slot_of(parts, parts->names[spec.feature_count], slots);
  }
  parts->holder.names = slots;
  spec.holder_count = 1;
  parts->ruled = (ScalarSpec){SCALAR_TEXT, SPAN("x"), 0};
  parts->rule = (RuleSpec){spec.event_id, {&parts->ruled, 1, {NO_CODE, 0, 0}}};
  parts->passed = (PassSpec){{parts->holder.path.tokens, parts->holder.path.count > 0}, SPAN("\"p\":")};
  spec.rules = &parts->rule;
  spec.passed = &parts->passed;
  read_flags(&spec, parts, flags, line.end);
  *many = spec.many;
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

static void check(const Scanned *scanned, size_t size, const float *row, size_t columns) {
  Span id = scanned->event_id;
  if (id.size && id.at[0] == '"') EXPECT(id.size >= 2 && id.at[id.size - 1] == '"');
  for (size_t i = 0; i < id.size; i++) EXPECT(id.at[i] >= ' ' && id.at[i] <= '~');
  for (size_t i = 0; i < scanned->passthrough.size; i++) EXPECT((uint8_t)scanned->passthrough.at[i] < 0x80);
  EXPECT(scanned->passthrough.size <= 1024 && scanned->ignored < size);
  for (size_t i = 0; i < columns; i++) {
    uint32_t bits;
    memcpy(&bits, &row[i], sizeof bits);
    EXPECT(isfinite(row[i]) || bits == 0x7fc00000);
  }
}

/* What was read before in the same scratch makes no difference. */
static void scan_one(const Schema *schema, Span payload, Scratch *scratch, float *row, float *again) {
  size_t columns = schema_columns(schema);
  static Scratch fresh;
  Scanned scanned, other;
  ScanResult result = schema_scan(schema, payload, scratch, row, &scanned);
  EXPECT(result == schema_scan(schema, payload, &fresh, again, &other));
  if (result == SCAN_ROW) {
    EXPECT(is_utf8((const uint8_t *)payload.at, payload.size));
    EXPECT(memcmp(row, again, columns * sizeof(float)) == 0);
    EXPECT(span_equal(scanned.event_id, other.event_id) && span_equal(scanned.passthrough, other.passthrough));
    check(&scanned, payload.size, row, columns);
  }
  scratch_free(&fresh);
  fresh = (Scratch){0};
}

static void scan_all(const Schema *schema, Span payload, Scratch *scratch, float *row) {
  Split split;
  if (schema_split(schema, payload, scratch, &split) != SCAN_ROW) return;
  ScanResult result = SCAN_ROW;
  size_t events = 0;
  for (bool done = false; !done && (result == SCAN_ROW || result == SCAN_IGNORED);) {
    Scanned scanned;
    result = schema_scan_next(schema, &split, scratch, row, &scanned, &done);
    if (result == SCAN_ROW && !done) check(&scanned, payload.size, row, schema_columns(schema));
    EXPECT(++events <= payload.size + 2);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Scratch scratch;
  if (size > 1 << 20) return 0;
  const uint8_t *line_end = size ? memchr(data, '\n', size) : NULL;
  if (!line_end) return 0;
  Parts *parts = calloc(1, sizeof *parts);
  bool many;
  EXPECT(parts);
  Schema *schema = make(data, (size_t)(line_end - data), parts, &many);
  EXPECT(schema);
  free(parts);
  size_t payload_size = size - (size_t)(line_end - data) - 1, columns = schema_columns(schema);
  const uint8_t *payload = guarded_copy(0, line_end + 1, payload_size);
  float *row = (float *)(void *)guarded(1, columns * sizeof(float));
  float *again = (float *)(void *)guarded(2, columns * sizeof(float));
  EXPECT(utf8_valid(payload, payload_size) == is_utf8(payload, payload_size));
  Span text = {(const char *)payload, payload_size};
  scan_one(schema, text, &scratch, row, again);
  if (many) scan_all(schema, text, &scratch, row);
  schema_free(schema);
  return 0;
}
