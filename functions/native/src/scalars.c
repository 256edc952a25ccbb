#include "scalars.h"

#include <stdlib.h>

/* Room for the keys of all kinds and their texts: 0, or -1. */
static int allocate(Scalars *set, const ScalarsSpec *spec) {
  size_t texts = 1;
  for (size_t i = 0; i < spec->count; i++) {
    set->counts[spec->scalars[i].kind]++;
    if (!size_add(&texts, spec->scalars[i].key.size)) return -1;
  }
  set->texts = malloc(texts);
  set->keys = calloc(spec->count + 1, sizeof *set->keys);
  for (int kind = 0; kind < SCALAR_KINDS; kind++) {
    if (!(set->codes[kind] = calloc(set->counts[kind] + 1, sizeof *set->codes[kind]))) return -1;
  }
  return set->texts && set->keys ? 0 : -1;
}

int scalars_init(Scalars *set, const ScalarsSpec *spec) {
  *set = (Scalars){0};
  memcpy(set->words, spec->words, sizeof set->words);
  if (allocate(set, spec) < 0) return -1;
  Span *key = set->keys;
  char *text = set->texts;
  for (int kind = 0; kind < SCALAR_KINDS; kind++) {
    const Span *first = key;
    size_t count = 0;
    for (size_t i = 0; i < spec->count; i++) {
      const ScalarSpec *scalar = &spec->scalars[i];
      if ((int)scalar->kind != kind) continue;
      if (scalar->key.size) memcpy(text, scalar->key.at, scalar->key.size);
      *key++ = (Span){text, scalar->key.size};
      text += scalar->key.size;
      set->codes[kind][count++] = scalar->code;
    }
    bool twice = false; /* the last one counts, as in Python */
    if (lookup_build(&set->lookups[kind], first, count, &twice) < 0) return -1;
  }
  return 0;
}

void scalars_free(Scalars *set) {
  for (int kind = 0; kind < SCALAR_KINDS; kind++) {
    lookup_free(&set->lookups[kind]);
    free(set->codes[kind]);
  }
  free(set->keys);
  free(set->texts);
}

static uint32_t code(const Scalars *set, ScalarKind kind, Span key) {
  size_t number = lookup_find(&set->lookups[kind], key);
  return number == UNKNOWN ? NO_CODE : set->codes[kind][number];
}

uint32_t scalars_text(const Scalars *set, Span text) { return code(set, SCALAR_TEXT, text); }

uint32_t scalars_number(const Scalars *set, const Number *number, Span literal) {
  if (number->integral) {
    bool zero = number->value == 0; /* perhaps written with a sign */
    return code(set, SCALAR_INTEGER, zero ? SPAN("0") : literal);
  }
  double value = number->value == 0 ? 0.0 : number->value;
  return code(set, SCALAR_DOUBLE, (Span){(const char *)&value, sizeof value});
}
