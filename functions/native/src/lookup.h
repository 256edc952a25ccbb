/* Finds a text among those that are known: a hash table, at most half full, where collisions take the next slot. */
#ifndef NATIVE_LOOKUP_H
#define NATIVE_LOOKUP_H

#include "text.h"

typedef struct {
  const Span *keys; /* not owned */
  uint32_t *slots;  /* the key's number + 1; 0: free */
  size_t mask;
} Lookup;

#define UNKNOWN SIZE_MAX

/* The number of a text, or UNKNOWN. */
size_t lookup_find(const Lookup *lookup, Span text);

/* Make one of keys that outlive it. Of keys that are there twice the last counts, and `*twice` is set. -1: no memory. */
int lookup_build(Lookup *lookup, const Span *keys, size_t count, bool *twice);

void lookup_free(Lookup *lookup);

#endif
