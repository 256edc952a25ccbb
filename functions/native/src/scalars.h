/* A set of JSON scalars, each with a code: the categories of a feature, values that count as missing, the values of a
 * rule. Numbers are equal as Python's are: however they are written, and exactly. */
#ifndef NATIVE_SCALARS_H
#define NATIVE_SCALARS_H

#include "lookup.h"
#include "number.h"

typedef enum {
  SCALAR_TEXT,
  SCALAR_INTEGER, /* its key has the digits, as Python's str writes them */
  SCALAR_DOUBLE,  /* its key has the eight bytes; a number that is an integer and a double has both */
  SCALAR_KINDS,
} ScalarKind;

typedef struct {
  ScalarKind kind;
  Span key;
  uint32_t code;
} ScalarSpec;

#define NO_CODE UINT32_MAX

typedef struct {
  const ScalarSpec *scalars;
  size_t count;
  uint32_t words[3]; /* the codes of false, true and null, or NO_CODE */
} ScalarsSpec;

typedef struct {
  Lookup lookups[SCALAR_KINDS];
  uint32_t *codes[SCALAR_KINDS]; /* by the keys' numbers */
  size_t counts[SCALAR_KINDS];
  Span *keys; /* of all kinds, one after the other */
  char *texts;
  uint32_t words[3];
} Scalars;

/* A set that keeps nothing of the spec: 0, or -1 where there is no memory; to be freed in either case. */
int scalars_init(Scalars *set, const ScalarsSpec *spec);
void scalars_free(Scalars *set);

/* The code of a scalar, or NO_CODE. A number comes with its literal. */
uint32_t scalars_text(const Scalars *set, Span text);
uint32_t scalars_number(const Scalars *set, const Number *number, Span literal);
static inline uint32_t scalars_word(const Scalars *set, bool truth) { return set->words[truth]; }
static inline uint32_t scalars_null(const Scalars *set) { return set->words[2]; }

static inline bool scalars_have_numbers(const Scalars *set) {
  return set->counts[SCALAR_INTEGER] || set->counts[SCALAR_DOUBLE];
}
static inline bool scalars_have_booleans(const Scalars *set) {
  return set->words[false] != NO_CODE || set->words[true] != NO_CODE;
}

#endif
