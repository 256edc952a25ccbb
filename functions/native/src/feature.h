/* From a JSON scalar to a float of the matrix, as the converters of scoring/validate.py. */
#ifndef NATIVE_FEATURE_H
#define NATIVE_FEATURE_H

#include "scalars.h"

typedef enum { TYPE_FLOAT, TYPE_INT, TYPE_BOOL, TYPE_CATEGORY } FeatureType;

/* A feature as in the manifest. Texts are UTF-8; single surrogates are three bytes. */
typedef struct {
  FeatureType type;
  bool missing;            /* allowed */
  bool accept_text;        /* numbers and booleans may be text, and booleans 0 and 1 */
  bool unknown_is_missing; /* an unknown category */
  ScalarsSpec categories;
  ScalarsSpec missing_texts;   /* of a category's values those that count as missing; their codes do not matter */
  const float *missing_values; /* as they are in a row, such as the code of a category */
  size_t missing_value_count;
} FeatureSpec;

typedef struct {
  FeatureType type;
  bool missing, accept_text, unknown_is_missing;
  Scalars categories, missing_texts;
  float *missing_values;
  size_t missing_value_count;
} Feature;

/* 0, or -1 where there is no memory; to be freed in either case. */
int feature_init(Feature *feature, const FeatureSpec *spec);
void feature_free(Feature *feature);

/* Two values of a row that no event gives: missing, as Python's math.nan makes it, and what the feature cannot have. */
#define MISSING 0x7fc00000u
#define UNFIT 0x7fc0ffffu

/* A double rounded as struct.pack rounds it; UNFIT where it overflows. */
static inline uint32_t float_bits(double value) {
  float rounded = (float)value;
  uint32_t bits;
  memcpy(&bits, &rounded, sizeof bits);
  return (bits & 0x7fffffff) == 0x7f800000 ? UNFIT : bits;
}

/* The bits of a value's float32, MISSING, or UNFIT. */
uint32_t feature_other_number(const Feature *feature, const Number *number, Span literal);
static inline uint32_t feature_number(const Feature *feature, const Number *number, Span literal) {
  bool usual = feature->type == TYPE_FLOAT && feature->missing_value_count == 0;
  return usual ? float_bits(number->value) : feature_other_number(feature, number, literal);
}
uint32_t feature_text(const Feature *feature, Span text);
uint32_t feature_word(const Feature *feature, bool truth);
static inline uint32_t feature_null(const Feature *feature) { return feature->missing ? MISSING : UNFIT; }

#endif
