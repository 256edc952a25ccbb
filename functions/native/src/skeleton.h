/* What the envelopes of a batch have in common. Most have the same members in the same order, written alike, and differ
 * in some of their values: to compare that takes a fraction of the time that reading an envelope takes. */
#ifndef NATIVE_SKELETON_H
#define NATIVE_SKELETON_H

#include "layout.h"

enum { MOST_VALUES = 64, SKELETON_ROOM = 4096 };

/* A value of an envelope. Of those that no slot reads, some are the same in every envelope. */
typedef struct {
  int slot; /* NO_SLOT: none reads it */
  bool varies;
  size_t at, size; /* in the skeleton's text; nothing of what varies is there */
} Step;

/* The text of an envelope without the values that vary. */
typedef struct {
  size_t count; /* of steps; 0: there is no skeleton */
  size_t size;  /* of the text */
  Step steps[MOST_VALUES];
  char text[SKELETON_ROOM];
} Skeleton;

/* The values of an envelope that was read, in the order in which they came. */
typedef struct {
  size_t count; /* beyond MOST_VALUES: too many */
  struct {
    int slot;
    const char *at;
    size_t size;
  } values[MOST_VALUES];
} Passed;

/* Note a value. */
static inline void passed_add(Passed *passed, int slot, const char *at, const char *end) {
  if (passed->count < MOST_VALUES) {
    passed->values[passed->count].slot = slot;
    passed->values[passed->count].at = at;
    passed->values[passed->count].size = (size_t)(end - at);
  }
  passed->count++;
}

/* Make the skeleton that of the envelope from `at` to `end`, whose values were passed. What differed from the skeleton
 * before, where that had the same values in the same order, varies from now on. */
void skeleton_learn(Skeleton *skeleton, const Passed *passed, const char *at, const char *end);

#endif
