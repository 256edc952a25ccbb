/* One event, in one pass: each member is compared with the one that should come next, then looked up, then ignored. */
#include "number.h"
#include "schema_parts.h"

/* An object of the schema that is open. */
typedef struct {
  const Object *object;
  size_t expected; /* the member that should come next */
  size_t names;    /* how many there were before this object's unknown ones */
} Level;

typedef struct {
  const Schema *schema;
  Scratch *scratch;
  Reading reading;
  char *row; /* of floats, which need not be aligned */
  Scanned *scanned;
  size_t seen;           /* features */
  uint32_t seen_objects; /* a bit each */
  unsigned depth;
  Level levels[MOST_LEVELS];
} Scan;

/* A value of a row that is not yet seen. */
#define UNSEEN UNFIT

static uint32_t get(const Scan *scan, size_t column) {
  uint32_t bits;
  memcpy(&bits, scan->row + 4 * column, 4);
  return bits;
}

static const uint8_t *no_memory(Scan *scan) {
  scan->scratch->json.no_memory = true;
  return NULL;
}

/* Read a string's text: behind it. */
static const uint8_t *read_text(Scan *scan, const uint8_t *at, Span *text) {
  bool escaped;
  if (!(at = json_string(at, scan->reading.end, text, &escaped))) return NULL;
  return json_text(&scan->scratch->text, *text, escaped, text) ? at : no_memory(scan);
}

static const uint8_t *read_number(const Scan *scan, const Feature *feature, const uint8_t *at, uint32_t *bits) {
  Number number;
  const uint8_t *end = number_read(at, scan->reading.end, &number);
  if (end) *bits = feature_number(feature, &number, (Span){(const char *)at, (size_t)(end - at)});
  return end;
}

static const uint8_t *read_feature(Scan *scan, size_t column, const uint8_t *at) {
  const Feature *feature = &scan->schema->features[column];
  const uint8_t *end = scan->reading.end;
  uint32_t bits = UNFIT;
  Span text;
  if (at == end || get(scan, column) != UNSEEN) return NULL;
  switch (*at) {
    case '"':
      if ((at = read_text(scan, at, &text))) bits = feature_text(feature, text);
      break;
    case 'n':
      at = SKIP_WORD(at, end, "null");
      bits = feature_null(feature);
      break;
    case 't':
      at = SKIP_WORD(at, end, "true");
      bits = feature_word(feature, true);
      break;
    case 'f':
      at = SKIP_WORD(at, end, "false");
      bits = feature_word(feature, false);
      break;
    default:
      at = read_number(scan, feature, at, &bits);
  }
  if (bits == UNFIT) return NULL;
  put_bits(scan->row, column, bits);
  scan->seen++;
  return at;
}

/* The id as ASCII JSON: where it is in the payload, if it is written so there. */
static const uint8_t *read_event_id(Scan *scan, const uint8_t *at) {
  const uint8_t *first = at;
  Span text;
  bool escaped;
  if (scan->scanned->event_id.at) return NULL;
  if (scan->schema->integer_id) {
    Number number;
    if (!(at = number_read(first, scan->reading.end, &number)) || !number.integral) return NULL;
    Span literal = {(const char *)first, (size_t)(at - first)};
    scan->scanned->event_id = number.value == 0 ? SPAN("0") : literal;
    return at;
  }
  if (!(at = json_string(first, scan->reading.end, &text, &escaped))) return NULL;
  scan->scanned->event_id = (Span){text.at - 1, text.size + 2};
  if (!escaped && json_plain(text)) return at;
  if (!json_text(&scan->scratch->text, text, escaped, &text)) return no_memory(scan);
  return json_quote(&scan->scratch->event_id, text, &scan->scanned->event_id) ? at : no_memory(scan);
}

/* Whether the text at `at` is the member's name with its quotes. */
static inline bool meets(const Scan *scan, const Member *member, const uint8_t *at) {
  uint64_t bytes[2];
  if (scan->reading.end - at < (ptrdiff_t)sizeof bytes) return false;
  memcpy(bytes, at, sizeof bytes);
  if (((bytes[0] ^ member->pattern[0]) & member->mask[0]) | ((bytes[1] ^ member->pattern[1]) & member->mask[1])) {
    return false;
  }
  if (member->quoted.size <= sizeof bytes) return true;
  return (size_t)(scan->reading.end - at) >= member->quoted.size &&
         memcmp(at, member->quoted.at, member->quoted.size) == 0;
}

/* Read a member's name: behind it. `*found` is NULL for one that the schema does not know. */
static inline const uint8_t *read_name(Scan *scan, Level *level, const uint8_t *at, const Member **found) {
  const Object *object = level->object;
  Json *json = &scan->scratch->json;
  Span name;
  *found = &object->members[level->expected];
  if (meets(scan, *found, at)) {
    level->expected++;
    return at + (*found)->quoted.size;
  }
  *found = NULL;
  if (!(at = json_name(json, at, &scan->reading, &name))) return NULL;
  size_t number = lookup_find(&object->lookup, name);
  if (number == UNKNOWN) {
    scan->scanned->ignored += object == scan->schema->direct.features_object;
    return names_push(&json->names, name) ? at : no_memory(scan);
  }
  *found = &object->members[number];
  level->expected = number + 1;
  return at;
}

/* Into an object of the schema: to its first member, or, where it has none, to its end. */
static const uint8_t *open_object(Scan *scan, size_t number, const uint8_t *at) {
  uint32_t bit = (uint32_t)1 << number;
  if (scan->seen_objects & bit || !next_is(at, scan->reading.end, '{')) return NULL;
  scan->seen_objects |= bit;
  scan->levels[scan->depth++] = (Level){&scan->schema->direct.objects[number], 0, scan->scratch->json.names.count};
  scan->reading.outer = scan->depth;
  return skip_space(at + 1, scan->reading.end);
}

/* Out of the innermost one: false where it has an unknown member twice. */
static bool close_object(Scan *scan) {
  Json *json = &scan->scratch->json;
  size_t names = scan->levels[--scan->depth].names;
  scan->reading.outer = scan->depth;
  if (json->names.count == names) return true;
  NamesFound found = names_close(&json->names, names);
  json->no_memory |= found == NAMES_NO_MEMORY;
  return found == NAMES_UNIQUE;
}

/* Read a member and its value, or only its beginning, where the value is an object of the schema. */
static inline const uint8_t *read_member(Scan *scan, const uint8_t *at) {
  const Member *member;
  const uint8_t *end = scan->reading.end;
  if (!(at = read_name(scan, &scan->levels[scan->depth - 1], at, &member))) return NULL;
  at = skip_space(at, end);
  if (!next_is(at, end, ':')) return NULL;
  at = skip_space(at + 1, end);
  if (!member) return json_value(&scan->scratch->json, at, &scan->reading);
  if (member->kind == MEMBER_FEATURE) return read_feature(scan, member->index, at);
  return member->kind == MEMBER_EVENT_ID ? read_event_id(scan, at) : open_object(scan, member->index, at);
}

/* Read members until the event is closed. */
static const uint8_t *read_event(Scan *scan, const uint8_t *at) {
  const uint8_t *end = scan->reading.end;
  if (!(at = open_object(scan, 0, at))) return NULL;
  bool first = true; /* in its object: no comma is before it */
  while (scan->depth) {
    if (next_is(at, end, '}')) {
      if (!close_object(scan)) return NULL;
      at++;
      first = false;
    } else {
      if (!first) {
        if (!next_is(at, end, ',')) return NULL;
        at = skip_space(at + 1, end);
      }
      unsigned depth = scan->depth;
      if (!(at = read_member(scan, at))) return NULL;
      first = scan->depth > depth;
    }
    at = skip_space(at, end);
  }
  return at;
}

/* Features that were not there are missing, where they may be. */
static bool fill(Scan *scan) {
  for (size_t i = 0; i < scan->schema->columns; i++) {
    if (get(scan, i) != UNSEEN) continue;
    if (!scan->schema->features[i].missing) return false;
    put_bits(scan->row, i, MISSING);
  }
  return true;
}

ScanResult direct_scan(const Schema *schema, Span payload, Scratch *scratch, void *row, Scanned *scanned) {
  Scan scan; /* without its levels, which are many, and none of them there */
  const uint8_t *at = (const uint8_t *)payload.at;
  scan.schema = schema, scan.scratch = scratch, scan.row = row, scan.scanned = scanned;
  scan.reading = (Reading){.end = at + payload.size, .size = payload.size};
  scan.seen = 0, scan.seen_objects = 0, scan.depth = 0;
  for (size_t i = 0; i < schema->columns; i++) put_bits(row, i, UNSEEN);

  at = read_event(&scan, skip_space(at, scan.reading.end));
  if (at != scan.reading.end || (schema->has_id && !schema->optional_id && !scanned->event_id.at)) return SCAN_UNUSUAL;
  const Direct *direct = &schema->direct;
  if (!(scan.seen_objects >> (direct->features_object - direct->objects) & 1)) return SCAN_UNUSUAL;
  if (scan.seen == 0) return SCAN_UNUSUAL; /* none of the features: a fault of its own */
  return scan.seen == schema->columns || fill(&scan) ? SCAN_ROW : SCAN_UNUSUAL;
}
