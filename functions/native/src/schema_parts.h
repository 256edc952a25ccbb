/* What a schema is made of: for the code that makes it and scans by it only. */
#ifndef NATIVE_SCHEMA_PARTS_H
#define NATIVE_SCHEMA_PARTS_H

#include "schema.h"

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

enum {
  MOST_LEVELS = 16, /* names in a path; with deeper ones, events are read as documents */
  MOST_OBJECTS = 2 * MOST_LEVELS,
};

/* How events are scanned in one pass, without a document: where all features are members of one object. */
typedef struct {
  bool possible;
  Object objects[MOST_OBJECTS]; /* the event first */
  size_t object_count;
  const Object *features_object;
} Direct;

typedef struct {
  Path path;
  Lookup members;
  size_t count;      /* of them */
  size_t first_slot; /* of the first one */
  bool indices;      /* all are counts of an array's items */
} Holder;

typedef struct {
  Path path;
  Scalars equals;
} Rule;

struct Schema {
  Format format;
  Unwrap unwrap;
  bool many, has_id, integer_id, optional_id;
  Path event_id;
  Feature *features;
  Span *names;
  Lookup by_name;
  size_t *slots;
  size_t columns;
  Direct direct;
  Holder *holders;
  size_t holder_count, slot_count;
  Rule *rules;
  size_t rule_count;
  PassSpec *passed;
  size_t passed_count;
  Span *spans; /* what all paths and lookups point to */
  size_t span_count;
  char *texts; /* and what the spans do */
  size_t texts_size;
};

/* The schema's own copy of a text, with a quote before and behind it; there is room. */
Span schema_keep(Schema *schema, Span text);

/* Find out how events can be scanned in one pass: 0, or -1 where there is no memory. */
int direct_init(Schema *schema);
void direct_free(Direct *direct);

/* As schema_scan, each for its kind of events. */
ScanResult direct_scan(const Schema *schema, Span payload, Scratch *scratch, void *row, Scanned *scanned);
ScanResult object_scan(const Schema *schema, Span payload, Scratch *scratch, void *row, Scanned *scanned);
ScanResult csv_scan(const Schema *schema, Span payload, Scratch *scratch, void *row);
ScanResult vector_scan(const Schema *schema, Span payload, Scratch *scratch, void *row);

/* Of an open-inference request: its rows, and one of them. */
ScanResult tensors_read(const Schema *schema, Span payload, Scratch *scratch, size_t *rows);
ScanResult tensors_scan(const Schema *schema, Scratch *scratch, size_t number, void *row, Scanned *scanned);

/* What documents have in common. A value's number; ABSENT: there is none. */
#define ABSENT 0u /* the whole document, which is no member */
uint32_t document_find(const Json *json, uint32_t value, Path path);
uint32_t document_child(const Json *json, uint32_t value, Span token, uint32_t hint);

/* Whether a token counts the items of an array, and which one it is. */
bool token_index(Span token, uint32_t *index);

/* The bits of a feature's value; ABSENT counts as null. False where there is no memory. */
bool document_feature(const Feature *feature, Scratch *scratch, uint32_t value, uint32_t *bits);

/* The id, the rules and the passthrough of a document. */
ScanResult document_id(const Schema *schema, Scratch *scratch, Scanned *scanned);
ScanResult document_rules(const Schema *schema, Scratch *scratch, bool *ignored);
ScanResult document_passed(const Schema *schema, Scratch *scratch, Scanned *scanned);

/* The event in its envelope, decoded; SCAN_UNUSUAL where there is none, and the document is as it was. */
ScanResult document_unwrap(const Schema *schema, Span payload, Scratch *scratch, uint32_t *event);

/* Make the typed attributes of a DynamoDB image in a payload plain values. */
ScanResult dynamodb_plain(Scratch *scratch, uint32_t image, Span payload);

static inline void put_bits(void *row, size_t column, uint32_t bits) {
  memcpy((char *)row + 4 * column, &bits, sizeof bits);
}

#endif
