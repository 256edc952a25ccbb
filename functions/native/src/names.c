#include "names.h"

#include <stdlib.h>

#include "hash.h"

enum {
  FEW = 16,           /* names that are compared each with each other */
  STEPS_PER_NAME = 8, /* in the hash table: a sound one needs less than 2, and a hostile one is sorted instead */
};

void names_free(Names *names) {
  free(names->name);
  free(names->slots);
  *names = (Names){0};
}

bool names_push(Names *names, Span text) {
  if (names->count == names->room) {
    void *block = names->name;
    if (grow(&block, &names->room, names->count + 64, sizeof *names->name) < 0) return false;
    names->name = block;
  }
  names->name[names->count++].text = text;
  return true;
}

static bool same(const Name *a, const Name *b) { return a->hash == b->hash && span_equal(a->text, b->text); }

static NamesFound compare_few(const Name *name, size_t count) {
  for (size_t i = 1; i < count; i++) {
    for (size_t j = 0; j < i; j++) {
      if (same(&name[i], &name[j])) return NAMES_TWICE;
    }
  }
  return NAMES_UNIQUE;
}

/* An order of names: any that puts equal ones together. */
static int order(const Name *a, const Name *b) {
  if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
  if (a->text.size != b->text.size) return a->text.size < b->text.size ? -1 : 1;
  return a->text.size ? memcmp(a->text.at, b->text.at, a->text.size) : 0;
}

static void sift(Name *name, size_t at, size_t count) {
  Name moving = name[at];
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && order(&name[child], &name[child + 1]) < 0) child++;
    if (order(&moving, &name[child]) >= 0) break;
    name[at] = name[child];
  }
  name[at] = moving;
}

/* By heapsort, which no input makes slow. */
static NamesFound compare_sorted(Name *name, size_t count) {
  for (size_t i = count / 2; i-- > 0;) sift(name, i, count);
  for (size_t end = count; end-- > 1;) {
    Name greatest = name[0];
    name[0] = name[end];
    name[end] = greatest;
    sift(name, 0, end);
  }
  for (size_t i = 1; i < count; i++) {
    if (same(&name[i - 1], &name[i])) return NAMES_TWICE;
  }
  return NAMES_UNIQUE;
}

static NamesFound compare_hashed(Names *names, Name *name, size_t count) {
  size_t size = 64;
  if (count > UINT32_MAX / 4) return NAMES_NO_MEMORY;
  while (size < 2 * count) size *= 2;
  if (size > names->slot_room) {
    void *block = names->slots;
    if (grow(&block, &names->slot_room, size, sizeof *names->slots) < 0) return NAMES_NO_MEMORY;
    names->slots = block;
  }
  memset(names->slots, 0, size * sizeof *names->slots);
  size_t steps = STEPS_PER_NAME * count;
  for (size_t i = 0; i < count; i++) {
    size_t slot = name[i].hash & (size - 1);
    for (; names->slots[slot]; slot = (slot + 1) & (size - 1)) {
      if (same(&name[names->slots[slot] - 1], &name[i])) return NAMES_TWICE;
      if (--steps == 0) return compare_sorted(name, count);
    }
    names->slots[slot] = (uint32_t)i + 1;
  }
  return NAMES_UNIQUE;
}

NamesFound names_close(Names *names, size_t first) {
  size_t count = names->count - first;
  names->count = first;
  if (count < 2) return NAMES_UNIQUE;
  Name *name = names->name + first;
  for (size_t i = 0; i < count; i++) name[i].hash = (uint32_t)hash(name[i].text);
  return count <= FEW ? compare_few(name, count) : compare_hashed(names, name, count);
}
