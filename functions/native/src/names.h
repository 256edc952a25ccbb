/* The names of the objects that are open, to find those that an object has twice. */
#ifndef NATIVE_NAMES_H
#define NATIVE_NAMES_H

#include "text.h"

typedef struct {
  Span text;
  uint32_t hash;
} Name;

/* All zero is empty. */
typedef struct {
  Name *name; /* the outer objects' first */
  size_t count, room;
  uint32_t *slots; /* a hash table, used while an object is closed */
  size_t slot_room;
} Names;

typedef enum { NAMES_UNIQUE, NAMES_TWICE, NAMES_NO_MEMORY } NamesFound;

void names_free(Names *names);

/* Add a name to the innermost object: false where there is no memory. */
bool names_push(Names *names, Span text);

/* Whether the names from `first` on, the innermost object's, are all different; they are gone afterwards. The time is
 * n log n at most, whichever names there are. */
NamesFound names_close(Names *names, size_t first);

#endif
