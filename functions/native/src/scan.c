/* One event, in one pass: each member is compared with the one that should come next, then looked up, then ignored. */
#include "scan.h"
#include "number.h"
#include "schema_parts.h"
#include "utf8.h"

/* Two values of a row that no event gives: missing, as Python's math.nan makes it, and not yet seen. */
#define MISSING 0x7fc00000u
#define UNSEEN 0x7fc0ffffu

/* An object of the schema that is open. */
typedef struct {
  const Object *object;
  size_t expected; /* the member that should come next */
  unsigned names;  /* how many there were before this object's unknown ones */
} Level;

typedef struct {
  const Schema *schema;
  const uint8_t *end;
  char *row; /* of floats, which need not be aligned */
  Scanned *scanned;
  size_t seen;           /* features */
  uint32_t seen_objects; /* a bit each */
  unsigned depth;
  Level levels[MOST_LEVELS];
  Names names;
} Scan;

static void put(Scan *scan, size_t column, uint32_t bits) { memcpy(scan->row + 4 * column, &bits, 4); }

static uint32_t get(const Scan *scan, size_t column) {
  uint32_t bits;
  memcpy(&bits, scan->row + 4 * column, 4);
  return bits;
}

/* The bits of a number as float32, rounded from the double as struct.pack rounds it; UNSEEN where it overflows. */
static uint32_t float_bits(double value) {
  float rounded = (float)value;
  uint32_t bits;
  memcpy(&bits, &rounded, 4);
  return (bits & 0x7fffffff) == 0x7f800000 ? UNSEEN : bits;
}

static const uint8_t *read_number(const Scan *scan, const Feature *feature, const uint8_t *at, uint32_t *bits) {
  Number number;
  if (!(at = number_read(at, scan->end, &number))) return NULL;
  *bits = float_bits(number.value);
  if (feature->type == TYPE_INT && !number.integral) {
    double size = number.value < 0 ? -number.value : number.value;
    if (size < 0x1p53 && (double)(int64_t)number.value != number.value) return NULL; /* as 3.5 */
  }
  return at;
}

static const uint8_t *read_bool(const Scan *scan, const uint8_t *at, uint32_t *bits) {
  bool yes = *at == 't';
  *bits = float_bits(yes);
  return yes ? SKIP_WORD(at, scan->end, "true") : SKIP_WORD(at, scan->end, "false");
}

static const uint8_t *read_category(const Scan *scan, const Feature *feature, const uint8_t *at, uint32_t *bits) {
  Span text;
  if (!(at = read_string(at, scan->end, &text))) return NULL;
  size_t code = lookup_find(&feature->categories, text);
  if (code == UNKNOWN && !feature->unknown_is_missing) return NULL;
  *bits = code == UNKNOWN ? MISSING : float_bits((double)code);
  return at;
}

static const uint8_t *read_feature(Scan *scan, size_t column, const uint8_t *at) {
  const Feature *feature = &scan->schema->features[column];
  uint32_t bits = UNSEEN;
  if (at == scan->end || get(scan, column) != UNSEEN) return NULL;
  if (*at == 'n') {
    at = feature->missing ? SKIP_WORD(at, scan->end, "null") : NULL;
    bits = MISSING;
  } else if (feature->type == TYPE_CATEGORY) {
    at = read_category(scan, feature, at, &bits);
  } else if (feature->type == TYPE_BOOL) {
    at = read_bool(scan, at, &bits);
  } else {
    at = read_number(scan, feature, at, &bits);
  }
  if (bits == UNSEEN) return NULL;
  put(scan, column, bits);
  scan->seen++;
  return at;
}

/* Whether no byte is beyond '~'. */
static bool printable(Span text) {
  uint64_t bytes, beyond = 0;
  size_t i = 0;
  for (; text.size - i >= 8; i += 8) {
    memcpy(&bytes, text.at + i, 8);
    beyond |= bytes | (bytes + 0x0101010101010101);
  }
  for (; i < text.size; i++) {
    bytes = (uint8_t)text.at[i];
    beyond |= bytes | (bytes + 1);
  }
  return !(beyond & 0x8080808080808080);
}

/* An id that is valid in ASCII JSON as it is. */
static const uint8_t *read_event_id(Scan *scan, const uint8_t *at) {
  Span text;
  if (scan->scanned->event_id || !(at = read_string(at, scan->end, &text)) || !printable(text)) return NULL;
  scan->scanned->event_id = text.at;
  scan->scanned->event_id_size = text.size;
  return at;
}

/* Whether the text at `at` is the member's name with its quotes. */
static inline bool meets(const Scan *scan, const Member *member, const uint8_t *at) {
  uint64_t bytes[2];
  if (scan->end - at < (ptrdiff_t)sizeof bytes) return false;
  memcpy(bytes, at, sizeof bytes);
  if (((bytes[0] ^ member->pattern[0]) & member->mask[0]) | ((bytes[1] ^ member->pattern[1]) & member->mask[1])) {
    return false;
  }
  if (member->quoted.size <= sizeof bytes) return true;
  return (size_t)(scan->end - at) >= member->quoted.size && memcmp(at, member->quoted.at, member->quoted.size) == 0;
}

/* Read a member's name: behind it. `*found` is NULL for one that the schema does not know, of which there may be only
 * one in its object. */
static inline const uint8_t *read_name(Scan *scan, Level *level, const uint8_t *at, const Member **found) {
  const Object *object = level->object;
  Span name;
  *found = &object->members[level->expected];
  if (meets(scan, *found, at)) {
    level->expected++;
    return at + (*found)->quoted.size;
  }
  *found = NULL;
  if (!(at = read_string(at, scan->end, &name))) return NULL;
  size_t number = lookup_find(&object->lookup, name);
  if (number == UNKNOWN) {
    scan->scanned->ignored += object == scan->schema->features_object;
    return names_add(&scan->names, level->names, name) ? at : NULL;
  }
  *found = &object->members[number];
  level->expected = number + 1;
  return at;
}

/* Into an object of the schema: to its first member, or, where it has none, to its end. */
static const uint8_t *open_object(Scan *scan, size_t number, const uint8_t *at) {
  uint32_t bit = (uint32_t)1 << number;
  if (scan->seen_objects & bit || !next_is(at, scan->end, '{')) return NULL;
  scan->seen_objects |= bit;
  scan->levels[scan->depth++] = (Level){&scan->schema->objects[number], 0, scan->names.count};
  return skip_space(at + 1, scan->end);
}

/* Read a member and its value, or only its beginning, where the value is an object of the schema. */
static inline const uint8_t *read_member(Scan *scan, const uint8_t *at) {
  const Member *member;
  if (!(at = read_name(scan, &scan->levels[scan->depth - 1], at, &member))) return NULL;
  at = skip_space(at, scan->end);
  if (!next_is(at, scan->end, ':')) return NULL;
  at = skip_space(at + 1, scan->end);
  if (!member) return skip_value(at, scan->end, &scan->names);
  if (member->kind == MEMBER_FEATURE) return read_feature(scan, member->index, at);
  return member->kind == MEMBER_EVENT_ID ? read_event_id(scan, at) : open_object(scan, member->index, at);
}

/* Read members until the event is closed. */
static const uint8_t *read_event(Scan *scan, const uint8_t *at) {
  if (!(at = open_object(scan, 0, at))) return NULL;
  bool first = true; /* in its object: no comma is before it */
  while (scan->depth) {
    if (next_is(at, scan->end, '}')) {
      scan->names.count = scan->levels[--scan->depth].names;
      at++;
      first = false;
    } else {
      if (!first) {
        if (!next_is(at, scan->end, ',')) return NULL;
        at = skip_space(at + 1, scan->end);
      }
      unsigned depth = scan->depth;
      if (!(at = read_member(scan, at))) return NULL;
      first = scan->depth > depth;
    }
    at = skip_space(at, scan->end);
  }
  return at;
}

/* Features that were not there are missing, where they may be. */
static bool fill(Scan *scan) {
  for (size_t i = 0; i < scan->schema->columns; i++) {
    if (get(scan, i) != UNSEEN) continue;
    if (!scan->schema->features[i].missing) return false;
    put(scan, i, MISSING);
  }
  return true;
}

/* Values that count as missing become NaN. False where a feature has one that may not be missing. */
static bool replace_missing(Scan *scan) {
  for (size_t i = 0; scan->schema->missing_value_count && i < scan->schema->columns; i++) {
    const Feature *feature = &scan->schema->features[i];
    float value;
    memcpy(&value, scan->row + 4 * i, sizeof value);
    for (size_t j = 0; j < feature->missing_value_count; j++) {
      if (value != feature->missing_values[j]) continue;
      if (!feature->missing) return false;
      put(scan, i, MISSING);
    }
  }
  return true;
}

int schema_scan(const Schema *schema, const uint8_t *payload, size_t size, float *row, Scanned *scanned) {
  Scan scan; /* without its names, which are many, and none of them there */
  if (!schema->ordinary || !utf8_valid(payload, size)) return 1;
  scan.schema = schema, scan.end = payload + size, scan.row = (char *)row, scan.scanned = scanned;
  scan.seen = 0, scan.seen_objects = 0, scan.depth = 0, scan.names.count = 0;
  *scanned = (Scanned){0};
  for (size_t i = 0; i < schema->columns; i++) put(&scan, i, UNSEEN);

  const uint8_t *at = read_event(&scan, skip_space(payload, scan.end));
  if (at != scan.end || !scanned->event_id) return 1;
  if (!(scan.seen_objects >> (schema->features_object - schema->objects) & 1)) return 1;
  if (scan.seen == 0) return 1; /* none of the features: a fault of its own */
  if (scan.seen != schema->columns && !fill(&scan)) return 1;
  return replace_missing(&scan) ? 0 : 1;
}
