/* Events that are read as documents: features at any paths, in envelopes, with rules and members that pass through. */
#include "number.h"
#include "schema_parts.h"

bool token_index(Span token, uint32_t *index) {
  if (token.size == 0 || token.size > 9 || (token.at[0] == '0' && token.size > 1)) return false;
  *index = 0;
  for (size_t i = 0; i < token.size; i++) {
    if (token.at[i] < '0' || token.at[i] > '9') return false;
    *index = *index * 10 + (uint32_t)(token.at[i] - '0');
  }
  return true;
}

static uint32_t named(const Json *json, uint32_t from, uint32_t end, Span name) {
  for (uint32_t child = from; child < end; child = json_next(json, child)) {
    if (span_equal(json->value[child].name, name)) return child;
  }
  return ABSENT;
}

/* hint: a child of the same object, behind which the token probably is. */
uint32_t document_child(const Json *json, uint32_t value, Span token, uint32_t hint) {
  const Value *holder = &json->value[value];
  uint32_t first = value + 1, index;
  if (holder->kind == JSON_OBJECT) {
    uint32_t from = hint > value && hint < holder->next ? json_next(json, hint) : first;
    uint32_t found = named(json, from, holder->next, token);
    return found == ABSENT && from > first ? named(json, first, from, token) : found;
  }
  if (holder->kind != JSON_ARRAY || !token_index(token, &index) || index >= holder->count) return ABSENT;
  while (index--) first = json_next(json, first);
  return first;
}

uint32_t document_find(const Json *json, uint32_t value, Path path) {
  value = json_follow(json, value);
  for (size_t i = 0; i < path.count; i++) {
    uint32_t child = document_child(json, value, path.tokens[i], ABSENT);
    if (child == ABSENT) return ABSENT;
    value = json_follow(json, child);
  }
  return value;
}

bool document_feature(const Feature *feature, Scratch *scratch, uint32_t number, uint32_t *bits) {
  const Value *value = &scratch->json.value[number];
  Span text;
  if (number == ABSENT) return *bits = feature_null(feature), true;
  switch (value->kind) {
    case JSON_NUMBER:
      *bits = feature_number(feature, &(Number){value->number, value->integral}, value->text);
      return true;
    case JSON_STRING:
      if (!json_text(&scratch->text, value->text, value->escaped, &text)) return false;
      *bits = feature_text(feature, text);
      return true;
    case JSON_NULL:
      *bits = feature_null(feature);
      return true;
    case JSON_TRUE:
    case JSON_FALSE:
      *bits = feature_word(feature, value->kind == JSON_TRUE);
      return true;
    default:
      *bits = UNFIT;
      return true;
  }
}

ScanResult document_id(const Schema *schema, Scratch *scratch, Scanned *scanned) {
  if (!schema->has_id) return SCAN_ROW;
  Span text;
  uint32_t found = document_find(&scratch->json, 0, schema->event_id);
  const Value *value = &scratch->json.value[found];
  /* What leads to a nested id may be of a wrong type: a fault, which the reference implementation words. */
  if (found == ABSENT) return schema->optional_id && schema->event_id.count == 1 ? SCAN_ROW : SCAN_UNUSUAL;
  if (schema->integer_id) {
    if (value->kind != JSON_NUMBER || !value->integral) return SCAN_UNUSUAL;
    scanned->event_id = value->number == 0 ? SPAN("0") : value->text;
    return SCAN_ROW;
  }
  if (value->kind != JSON_STRING) return SCAN_UNUSUAL;
  if (!json_text(&scratch->text, value->text, value->escaped, &text)) return SCAN_NO_MEMORY;
  return json_quote(&scratch->event_id, text, &scanned->event_id) ? SCAN_ROW : SCAN_NO_MEMORY;
}

ScanResult document_rules(const Schema *schema, Scratch *scratch, bool *ignored) {
  *ignored = false;
  for (size_t i = 0; i < schema->rule_count && !*ignored; i++) {
    const Rule *rule = &schema->rules[i];
    uint32_t found = document_find(&scratch->json, 0, rule->path), code = NO_CODE;
    const Value *value = &scratch->json.value[found];
    Span text;
    if (found == ABSENT) continue;
    if (value->kind == JSON_STRING) {
      if (!json_text(&scratch->text, value->text, value->escaped, &text)) return SCAN_NO_MEMORY;
      code = scalars_text(&rule->equals, text);
    } else if (value->kind == JSON_NUMBER) {
      code = scalars_number(&rule->equals, &(Number){value->number, value->integral}, value->text);
    } else if (value->kind == JSON_TRUE || value->kind == JSON_FALSE) {
      code = scalars_word(&rule->equals, value->kind == JSON_TRUE);
    } else if (value->kind == JSON_NULL) {
      code = scalars_null(&rule->equals);
    }
    *ignored = code != NO_CODE;
  }
  return SCAN_ROW;
}

/* The known members of an object with features, each into its slot. */
static void note_members(const Json *json, const Holder *holder, uint32_t value, uint32_t *slots, uint32_t *ignored) {
  size_t expected = 0, number;
  for (uint32_t child = value + 1; child < json->value[value].next; child = json_next(json, child)) {
    Span name = json->value[child].name;
    bool next = expected < holder->count && span_equal(holder->members.keys[expected], name);
    if ((number = next ? expected : lookup_find(&holder->members, name)) == UNKNOWN) {
      ++*ignored;
      continue;
    }
    slots[holder->first_slot + number] = json_follow(json, child);
    expected = number + 1;
  }
}

/* The known items of an array, whose names are their places. */
static void note_items(const Json *json, const Holder *holder, uint32_t value, uint32_t *slots, uint32_t *ignored) {
  *ignored += json->value[value].count;
  for (size_t i = 0; i < holder->count; i++) {
    uint32_t item = document_child(json, value, holder->members.keys[i], ABSENT);
    if (item == ABSENT) continue;
    slots[holder->first_slot + i] = json_follow(json, item);
    --*ignored;
  }
}

/* Find an object with features, of which there are several or one: one must be there, of several each may be absent or
 * null. SCAN_UNUSUAL where something else is in its place. */
static ScanResult find_holder(const Json *json, const Holder *holder, uint32_t event, bool one, uint32_t *hints,
                              uint32_t *found) {
  uint32_t value = event;
  for (size_t i = 0; i < holder->path.count; i++) {
    if (json->value[value].kind != JSON_OBJECT && (json->value[value].kind != JSON_ARRAY || i == 0))
      return SCAN_UNUSUAL;
    uint32_t child = document_child(json, value, holder->path.tokens[i], i == 0 ? *hints : ABSENT);
    if (child == ABSENT) return *found = ABSENT, one ? SCAN_UNUSUAL : SCAN_ROW;
    if (i == 0) *hints = child;
    value = json_follow(json, child);
    if (json->value[value].kind == JSON_NULL) return *found = ABSENT, one ? SCAN_UNUSUAL : SCAN_ROW;
  }
  *found = value;
  bool array = json->value[value].kind == JSON_ARRAY && holder->path.count > 0 && holder->indices;
  return array || json->value[value].kind == JSON_OBJECT ? SCAN_ROW : SCAN_UNUSUAL;
}

/* Each known member's value into its slot. */
static ScanResult find_features(const Schema *schema, Scratch *scratch, uint32_t event, Scanned *scanned) {
  const Json *json = &scratch->json;
  uint32_t hint = ABSENT;
  if (!scratch_values(scratch, schema->slot_count)) return SCAN_NO_MEMORY;
  if (schema->slot_count) memset(scratch->values, 0, schema->slot_count * sizeof *scratch->values);
  for (size_t i = 0; i < schema->holder_count; i++) {
    const Holder *holder = &schema->holders[i];
    uint32_t value;
    ScanResult result = find_holder(json, holder, event, schema->holder_count == 1, &hint, &value);
    if (result != SCAN_ROW) return result;
    if (value == ABSENT && holder->path.count > 0) continue;
    bool object = json->value[value].kind == JSON_OBJECT;
    (object ? note_members : note_items)(json, holder, value, scratch->values, &scanned->ignored);
  }
  return SCAN_ROW;
}

static ScanResult read_features(const Schema *schema, Scratch *scratch, void *row) {
  bool seen = false;
  for (size_t i = 0; i < schema->columns; i++) {
    uint32_t bits, value = scratch->values[schema->slots[i]];
    if (!document_feature(&schema->features[i], scratch, value, &bits)) return SCAN_NO_MEMORY;
    if (bits == UNFIT) return SCAN_UNUSUAL;
    put_bits(row, i, bits);
    seen |= value != ABSENT;
  }
  return seen ? SCAN_ROW : SCAN_UNUSUAL; /* none of the features: a fault of its own */
}

ScanResult object_scan(const Schema *schema, Span payload, Scratch *scratch, void *row, Scanned *scanned) {
  uint32_t event = json_document(&scratch->json, payload, 0);
  bool ignored;
  if (event == UINT32_MAX || scratch->json.value[event].kind != JSON_OBJECT) return SCAN_UNUSUAL;
  ScanResult unwrapped = document_unwrap(schema, payload, scratch, &event);
  if (unwrapped == SCAN_NO_MEMORY) return unwrapped;
  ScanResult result = document_rules(schema, scratch, &ignored);
  if (result != SCAN_ROW || ignored) return ignored ? SCAN_IGNORED : result;
  if (unwrapped != SCAN_ROW) return unwrapped;
  if ((result = document_id(schema, scratch, scanned)) != SCAN_ROW) return result;
  if ((result = find_features(schema, scratch, event, scanned)) != SCAN_ROW) return result;
  if ((result = read_features(schema, scratch, row)) != SCAN_ROW) return result;
  return document_passed(schema, scratch, scanned);
}
