/* Makes a schema: copies the texts, lays out the objects that its paths lead through, builds the look-ups. */
#include "schema.h"

#include <stdlib.h>

#include "schema_parts.h"

static uint64_t mix(uint64_t sum) {
  sum *= 0x9e3779b97f4a7c15; /* 2^64 over the golden ratio, odd */
  return sum ^ sum >> 32;
}

static uint64_t load(const char *at, size_t size) {
  uint64_t bytes = 0;
  memcpy(&bytes, at, size);
  return bytes;
}

/* Up to eight bytes as a number, without a loop: the two ends, which overlap. */
static uint64_t short_number(const char *at, size_t size) {
  if (size >= 4) return load(at, 4) | load(at + size - 4, 4) << 32;
  return size == 0 ? 0 : load(at, 1) | load(at + size / 2, 1) << 8 | load(at + size - 1, 1) << 16;
}

static size_t hash(Span text) {
  uint64_t sum = text.size;
  const char *at = text.at;
  for (size_t left = text.size; left > 8; left -= 8, at += 8) sum = mix(sum ^ load(at, 8));
  sum ^= text.size > 8 ? load(text.at + text.size - 8, 8) : short_number(text.at, text.size);
  return (size_t)mix(sum);
}

size_t lookup_find(const Lookup *lookup, Span text) {
  for (size_t slot = hash(text) & lookup->mask; lookup->slots[slot]; slot = (slot + 1) & lookup->mask) {
    size_t number = lookup->slots[slot] - 1;
    if (span_equal(lookup->keys[number], text)) return number;
  }
  return UNKNOWN;
}

/* Of keys that are there twice the last counts, and `*twice` is set. -1: no memory. */
static int lookup_build(Lookup *lookup, const Span *keys, size_t count, bool *twice) {
  if (count > UINT32_MAX / 4) return -1;
  size_t slots = 4;
  while (slots < 2 * count) slots *= 2;
  lookup->keys = keys;
  lookup->mask = slots - 1;
  if (!(lookup->slots = calloc(slots, sizeof *lookup->slots))) return -1;
  for (size_t i = 0; i < count; i++) {
    size_t slot = hash(keys[i]) & lookup->mask;
    while (lookup->slots[slot] && !span_equal(keys[lookup->slots[slot] - 1], keys[i])) slot = (slot + 1) & lookup->mask;
    *twice = *twice || lookup->slots[slot];
    lookup->slots[slot] = (uint32_t)i + 1;
  }
  return 0;
}

static Span unquoted(Span quoted) { return (Span){quoted.at + 1, quoted.size - 2}; }

static bool needs_escapes(Span text) {
  for (size_t i = 0; i < text.size; i++) {
    uint8_t byte = (uint8_t)text.at[i];
    if (byte < 0x20 || byte == '"' || byte == '\\') return true;
  }
  return false;
}

/* What nothing meets: UTF-8 has no such byte. */
static const Member NEVER_MET = {.pattern = {UINT64_MAX, UINT64_MAX}, .mask = {UINT64_MAX, UINT64_MAX}};

/* How the member is met. */
static void set_pattern(Member *member) {
  memcpy(member->pattern, NEVER_MET.pattern, sizeof member->pattern);
  memcpy(member->mask, NEVER_MET.mask, sizeof member->mask);
  if (needs_escapes(unquoted(member->quoted))) return;
  memset(member->pattern, 0, sizeof member->pattern);
  size_t size = member->quoted.size < sizeof member->pattern ? member->quoted.size : sizeof member->pattern;
  memcpy(member->pattern, member->quoted.at, size);
  memset((char *)member->mask + size, 0, sizeof member->mask - size);
}

/* The schema's own copy of a text, with quotes. */
static Span keep(Schema *schema, Span text) {
  char *at = schema->texts + schema->texts_size;
  at[0] = at[text.size + 1] = '"';
  if (text.size) memcpy(at + 1, text.at, text.size);
  schema->texts_size += text.size + 2;
  return (Span){at, text.size + 2};
}

/* Add a member, with room for one more behind it: 0, or -1 where there is no memory. */
static int add_member(Schema *schema, Object *object, Span name, MemberKind kind, size_t index) {
  if (object->count + 2 > object->room) {
    void *members = object->members;
    if (grow(&members, &object->room, object->count + 2, sizeof *object->members)) return -1;
    object->members = members;
  }
  object->members[object->count] = (Member){.quoted = keep(schema, name), .kind = kind, .index = index};
  set_pattern(&object->members[object->count++]);
  return 0;
}

/* The object of that name in the outer one, made where there is none. NULL: no memory; but where the name is another
 * member's, or the path too long, `ordinary` is unset and the outer one given back. */
static Object *inner_object(Schema *schema, Object *outer, Span name) {
  for (size_t i = 0; i < outer->count; i++) {
    if (!span_equal(unquoted(outer->members[i].quoted), name)) continue;
    if (outer->members[i].kind == MEMBER_OBJECT) return &schema->objects[outer->members[i].index];
    schema->ordinary = false;
    return outer;
  }
  if (schema->object_count == MOST_OBJECTS) {
    schema->ordinary = false;
    return outer;
  }
  if (add_member(schema, outer, name, MEMBER_OBJECT, schema->object_count)) return NULL;
  return &schema->objects[schema->object_count++];
}

static Object *follow(Schema *schema, const Span *path, size_t count) {
  Object *object = &schema->objects[0];
  if (count > MOST_LEVELS - 1) schema->ordinary = false;
  for (size_t i = 0; object && schema->ordinary && i < count; i++) object = inner_object(schema, object, path[i]);
  return object;
}

/* The look-up of an object's names, and the member that nothing meets. A name that two members have, such as the
 * event's id and a category, makes every event unusual. */
static int finish_object(Schema *schema, Object *object) {
  if (!(object->names = calloc(object->count + 1, sizeof *object->names))) return -1;
  for (size_t i = 0; i < object->count; i++) object->names[i] = unquoted(object->members[i].quoted);
  bool twice = false;
  if (lookup_build(&object->lookup, object->names, object->count, &twice)) return -1;
  if (twice) schema->ordinary = false;
  if (object->count == object->room) { /* an object without members */
    void *members = object->members;
    if (grow(&members, &object->room, object->count + 1, sizeof *object->members)) return -1;
    object->members = members;
  }
  object->members[object->count] = NEVER_MET;
  return 0;
}

static int build_objects(Schema *schema, const SchemaSpec *spec) {
  schema->object_count = 1;
  if (spec->event_id_count == 0) return schema->ordinary = false, 0;
  Object *object = follow(schema, spec->event_id, spec->event_id_count - 1);
  if (!object || add_member(schema, object, spec->event_id[spec->event_id_count - 1], MEMBER_EVENT_ID, 0)) return -1;
  if (!(object = follow(schema, spec->features_path, spec->features_path_count))) return -1;
  schema->features_object = object;
  for (size_t i = 0; i < spec->feature_count; i++) {
    if (add_member(schema, object, spec->features[i].name, MEMBER_FEATURE, i)) return -1;
  }
  for (size_t i = 0; i < schema->object_count; i++) {
    if (finish_object(schema, &schema->objects[i])) return -1;
  }
  return 0;
}

static int build_features(Schema *schema, const SchemaSpec *spec) {
  bool twice = false; /* the last one counts, as in Python */
  Span *kept = schema->categories;
  float *missing = schema->missing_values;
  for (size_t i = 0; i < spec->feature_count; i++) {
    const FeatureSpec *from = &spec->features[i];
    Feature *feature = &schema->features[i];
    *feature = (Feature){.type = from->type, .missing = from->missing, .unknown_is_missing = from->unknown_is_missing};
    for (size_t j = 0; j < from->category_count; j++) kept[j] = unquoted(keep(schema, from->categories[j]));
    if (lookup_build(&feature->categories, kept, from->category_count, &twice)) return -1;
    kept += from->category_count;
    if (from->missing_value_count) memcpy(missing, from->missing_values, from->missing_value_count * sizeof *missing);
    feature->missing_values = missing;
    feature->missing_value_count = from->missing_value_count;
    missing += from->missing_value_count;
  }
  return 0;
}

static bool add_texts(size_t *sum, const Span *texts, size_t count) {
  bool fits = true;
  for (size_t i = 0; i < count && fits; i++) fits = size_add(sum, texts[i].size) && size_add(sum, 2);
  return fits;
}

/* Room for all texts and categories that are to be kept: 0, or -1. */
static int allocate(Schema *schema, const SchemaSpec *spec) {
  size_t texts = 1, categories = 1;
  bool fits = add_texts(&texts, spec->event_id, spec->event_id_count) &&
              add_texts(&texts, spec->features_path, spec->features_path_count);
  for (size_t i = 0; i < spec->feature_count && fits; i++) {
    const FeatureSpec *feature = &spec->features[i];
    fits = add_texts(&texts, &feature->name, 1) && add_texts(&texts, feature->categories, feature->category_count) &&
           size_add(&categories, feature->category_count) &&
           size_add(&schema->missing_value_count, feature->missing_value_count);
  }
  if (!fits) return -1;
  schema->texts = malloc(texts);
  schema->categories = calloc(categories, sizeof *schema->categories);
  schema->missing_values = calloc(schema->missing_value_count + 1, sizeof *schema->missing_values);
  schema->features = calloc(spec->feature_count + 1, sizeof *schema->features);
  schema->columns = schema->features ? spec->feature_count : 0;
  return schema->texts && schema->categories && schema->missing_values && schema->features ? 0 : -1;
}

Schema *schema_new(const SchemaSpec *spec) {
  Schema *schema = calloc(1, sizeof *schema);
  if (!schema) return NULL;
  schema->ordinary = true;
  if (allocate(schema, spec) || build_objects(schema, spec) || build_features(schema, spec)) {
    schema_free(schema);
    return NULL;
  }
  return schema;
}

void schema_free(Schema *schema) {
  if (!schema) return;
  for (size_t i = 0; i < schema->object_count; i++) {
    free(schema->objects[i].members);
    free(schema->objects[i].names);
    free(schema->objects[i].lookup.slots);
  }
  for (size_t i = 0; i < schema->columns; i++) free(schema->features[i].categories.slots);
  free(schema->features);
  free(schema->categories);
  free(schema->missing_values);
  free(schema->texts);
  free(schema);
}

size_t schema_columns(const Schema *schema) { return schema->columns; }
