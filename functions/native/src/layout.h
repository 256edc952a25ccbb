/* Where a source's envelopes hold what a prediction needs: compiled once, never changed. */
#ifndef NATIVE_LAYOUT_H
#define NATIVE_LAYOUT_H

#include "text.h"

/* What is read of an envelope; the first TEXTS of them are texts. */
typedef enum { PAYLOAD, PARTITION_KEY, ARN, SHARD, POSITION, TEXTS, ARRIVED_AT = TEXTS, CLAIM, SLOTS } Slot;

typedef enum {
  SECONDS,           /* a number, since the epoch */
  MILLISECONDS_TEXT, /* an integer in a string, since the epoch */
  RFC3339,           /* 2026-11-21T12:41:07.312Z */
  TIME_UNITS,
} TimeUnit;

enum { NO_SLOT = -1, NO_OBJECT = -1, MOST_LAYOUT_DEPTH = 4, MOST_LAYOUT_OBJECTS = 12, MOST_LAYOUT_MEMBERS = 8 };

/* A member that is read, or an object that holds such members. */
typedef struct {
  Span name;
  int slot;   /* NO_SLOT: an object */
  int object; /* NO_OBJECT: a value that is read */
} LayoutMember;

typedef struct {
  LayoutMember members[MOST_LAYOUT_MEMBERS];
  size_t count;
} LayoutObject;

typedef struct Layout {
  Span claim;                 /* the value that claims an envelope for this layout */
  Span type;                  /* of a prediction's `source`; printable ASCII that JSON holds as it is */
  Span aggregate;             /* a payload that begins with these bytes is an aggregate; empty: none is */
  bool base64;                /* the payload is base64, else text */
  bool optional_key;          /* an envelope without a partition key has its position as the key */
  TimeUnit unit;              /* of the arrival */
  unsigned required;          /* slots that an envelope must have, a bit each */
  unsigned present;           /* slots that it may have */
  const struct Layout *inner; /* of payloads that are envelopes themselves; NULL: none is */
  LayoutObject objects[MOST_LAYOUT_OBJECTS];
  size_t object_count;
} Layout;

/* A layout as it is declared. Paths are JSON Pointers without `~` escapes, empty where there is none: no shard; the
 * position is the partition key. */
typedef struct {
  Span paths[SLOTS];
  Span claim, type, aggregate;
  bool base64, optional_key;
  TimeUnit unit;
} LayoutSpec;

/* Compile a layout, which refers to the texts of its spec; NULL, or what is wrong with the spec. */
const char *layout_init(Layout *layout, const LayoutSpec *spec);

/* The member of that name; NULL where the layout reads none. */
static inline const LayoutMember *layout_member(const Layout *layout, int object, Span name) {
  const LayoutObject *members = &layout->objects[object];
  for (size_t i = 0; i < members->count; i++) {
    if (span_equal(members->members[i].name, name)) return &members->members[i];
  }
  return NULL;
}

#endif
