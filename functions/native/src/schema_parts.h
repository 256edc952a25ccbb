/* What a schema is made of: for the code that makes it and scans by it only. */
#ifndef NATIVE_SCHEMA_PARTS_H
#define NATIVE_SCHEMA_PARTS_H

#include "schema.h"

/* Finds a text among those that are known: a hash table, at most half full, where collisions take the next slot. */
typedef struct {
  const Span *keys;
  uint32_t *slots; /* the key's number + 1; 0: free */
  size_t mask;
} Lookup;

#define UNKNOWN SIZE_MAX

/* The number of a text, or UNKNOWN. */
size_t lookup_find(const Lookup *lookup, Span text);

typedef enum { MEMBER_FEATURE, MEMBER_EVENT_ID, MEMBER_OBJECT } MemberKind;

/* A member that is known, in an object that is. */
typedef struct {
  /* The name with its quotes, to be met in the payload without reading it first: its first 16 bytes, 0 where the mask
   * is 0. A name that cannot be in a payload without escapes has a pattern that nothing matches. */
  uint64_t pattern[2], mask[2];
  Span quoted;
  MemberKind kind;
  size_t index; /* of a feature or an object */
} Member;

/* An object on the way to the event's id or its features, or that of the features. */
typedef struct {
  Member *members; /* in the order in which they are expected, and one more that nothing meets */
  Span *names;
  size_t count, room;
  Lookup lookup;
} Object;

typedef struct {
  FeatureType type;
  bool missing;
  bool unknown_is_missing;
  Lookup categories;
  const float *missing_values;
  size_t missing_value_count;
} Feature;

enum {
  MOST_LEVELS = 16, /* names in a path; with deeper ones, every event is unusual */
  MOST_OBJECTS = 2 * MOST_LEVELS,
};

struct Schema {
  bool ordinary; /* false: the schema itself is such that every event is unusual */
  Feature *features;
  size_t columns;
  Object objects[MOST_OBJECTS]; /* the event first */
  size_t object_count;
  const Object *features_object;
  Span *categories; /* of all features */
  float *missing_values;
  size_t missing_value_count;
  char *texts; /* what all spans point to */
  size_t texts_size;
};

#endif
