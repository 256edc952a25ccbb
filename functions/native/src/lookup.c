#include "lookup.h"

#include <stdlib.h>

#include "hash.h"

size_t lookup_find(const Lookup *lookup, Span text) {
  for (size_t slot = hash(text) & lookup->mask; lookup->slots[slot]; slot = (slot + 1) & lookup->mask) {
    size_t number = lookup->slots[slot] - 1;
    if (span_equal(lookup->keys[number], text)) return number;
  }
  return UNKNOWN;
}

int lookup_build(Lookup *lookup, const Span *keys, size_t count, bool *twice) {
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

void lookup_free(Lookup *lookup) {
  free(lookup->slots);
  lookup->slots = NULL;
}
