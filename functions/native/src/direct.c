/* Lays out the objects through which the paths of a schema lead, for events that are scanned in one pass. */
#include <stdlib.h>

#include "schema_parts.h"

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
static void set_pattern(Member *member, Span name) {
  memcpy(member->pattern, NEVER_MET.pattern, sizeof member->pattern);
  memcpy(member->mask, NEVER_MET.mask, sizeof member->mask);
  if (needs_escapes(name)) return;
  memset(member->pattern, 0, sizeof member->pattern);
  size_t size = member->quoted.size < sizeof member->pattern ? member->quoted.size : sizeof member->pattern;
  memcpy(member->pattern, member->quoted.at, size);
  memset((char *)member->mask + size, 0, sizeof member->mask - size);
}

/* Room for one more member, and for the one behind the last: 0, or -1. */
static int have_room(Object *object) {
  if (object->count + 2 <= object->room) return 0;
  void *members = object->members;
  if (grow(&members, &object->room, object->count + 2, sizeof *object->members) < 0) return -1;
  object->members = members;
  return 0;
}

/* Add a member, whose name has quotes around it in the schema's texts: 0, or -1 where there is no memory. */
static int add_member(Object *object, Span name, MemberKind kind, size_t index) {
  if (have_room(object) < 0) return -1;
  Member *member = &object->members[object->count++];
  *member = (Member){.quoted = {name.at - 1, name.size + 2}, .kind = kind, .index = index};
  set_pattern(member, name);
  return 0;
}

static Span name_of(const Member *member) { return (Span){member->quoted.at + 1, member->quoted.size - 2}; }

/* The object of that name in the outer one, made where there is none. NULL: no memory; but where the name is another
 * member's, or the path too long, `possible` is unset and the outer one given back. */
static Object *inner_object(Direct *direct, Object *outer, Span name) {
  for (size_t i = 0; i < outer->count; i++) {
    if (!span_equal(name_of(&outer->members[i]), name)) continue;
    if (outer->members[i].kind == MEMBER_OBJECT) return &direct->objects[outer->members[i].index];
    direct->possible = false;
    return outer;
  }
  if (direct->object_count == MOST_OBJECTS) {
    direct->possible = false;
    return outer;
  }
  if (add_member(outer, name, MEMBER_OBJECT, direct->object_count) < 0) return NULL;
  return &direct->objects[direct->object_count++];
}

/* A token that counts may lead into an array, of which this knows nothing. */
static Object *follow(Direct *direct, const Span *path, size_t count) {
  Object *object = &direct->objects[0];
  uint32_t index;
  if (count > MOST_LEVELS - 1) direct->possible = false;
  for (size_t i = 0; object && direct->possible && i < count; i++) {
    if (token_index(path[i], &index)) direct->possible = false;
    object = inner_object(direct, object, path[i]);
  }
  return object;
}

/* The look-up of an object's names, and the member that nothing meets. */
static int finish_object(Direct *direct, Object *object) {
  if (!(object->names = calloc(object->count + 1, sizeof *object->names)) || have_room(object) < 0) return -1;
  for (size_t i = 0; i < object->count; i++) object->names[i] = name_of(&object->members[i]);
  bool twice = false;
  if (lookup_build(&object->lookup, object->names, object->count, &twice) < 0) return -1;
  if (twice) direct->possible = false;
  object->members[object->count] = NEVER_MET;
  return 0;
}

/* The features, each the member of its own name: two of one member need a document. */
static int add_features(const Schema *schema, Direct *direct, Object *object) {
  const Holder *holder = &schema->holders[0];
  for (size_t i = 0; i < schema->columns; i++) {
    Span name = holder->members.keys[schema->slots[i]];
    uint32_t index;
    if (holder->path.count > 0 && token_index(name, &index)) direct->possible = false;
    if (add_member(object, name, MEMBER_FEATURE, i) < 0) return -1;
  }
  return 0;
}

int direct_init(Schema *schema) {
  Direct *direct = &schema->direct;
  direct->possible = schema->format == FORMAT_JSON && schema->unwrap == UNWRAP_NONE && schema->rule_count == 0 &&
                     schema->passed_count == 0 && schema->holder_count == 1;
  if (!direct->possible) return 0;
  direct->object_count = 1;
  if (schema->has_id) {
    const Path *path = &schema->event_id;
    uint32_t index;
    if (path->count > 1 && token_index(path->tokens[path->count - 1], &index)) direct->possible = false;
    Object *object = follow(direct, path->tokens, path->count - 1);
    if (!object || add_member(object, path->tokens[path->count - 1], MEMBER_EVENT_ID, 0) < 0) return -1;
  }
  Object *features = follow(direct, schema->holders[0].path.tokens, schema->holders[0].path.count);
  if (!features || add_features(schema, direct, features) < 0) return -1;
  direct->features_object = features;
  for (size_t i = 0; i < direct->object_count; i++) {
    if (finish_object(direct, &direct->objects[i]) < 0) return -1;
  }
  return 0;
}

void direct_free(Direct *direct) {
  for (size_t i = 0; i < direct->object_count; i++) {
    free(direct->objects[i].members);
    free(direct->objects[i].names);
    lookup_free(&direct->objects[i].lookup);
  }
}
