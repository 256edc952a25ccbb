/* From the JSON of one event to a float32 row, by the manifest's schema. No Python in here: it is fuzzed by itself. */
#ifndef NATIVE_SCHEMA_H
#define NATIVE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

typedef struct Schema Schema;

typedef enum { TYPE_FLOAT, TYPE_INT, TYPE_BOOL, TYPE_CATEGORY } FeatureType;

/* One column of the matrix, as in the manifest. Texts are UTF-8; single surrogates may be three bytes. */
typedef struct {
  Span name;
  FeatureType type;
  bool missing;
  const Span *categories;
  size_t category_count;
  bool unknown_is_missing;     /* an unknown category */
  const float *missing_values; /* as they are in a row, such as the code of a category */
  size_t missing_value_count;
} FeatureSpec;

typedef struct {
  const Span *event_id; /* the path from the event down: at least one name */
  size_t event_id_count;
  const Span *features_path; /* empty: the event itself */
  size_t features_path_count;
  const FeatureSpec *features;
  size_t feature_count;
} SchemaSpec;

/* A schema, which keeps nothing of the spec and never changes; NULL where there is no memory. */
Schema *schema_new(const SchemaSpec *spec);
void schema_free(Schema *schema);

/* What a scan found of an event in addition to its features. */
typedef struct {
  const char *event_id; /* within the payload, without quotes: printable ASCII, no escapes, so valid JSON as it is */
  size_t event_id_size; /* bytes */
  uint32_t ignored;     /* members next to the features that the manifest does not know */
} Scanned;

size_t schema_columns(const Schema *schema);

/* Scan one event into `row` (schema_columns floats; NaN: missing). 0: ordinary, and `row` and `scanned` hold what the
 * reference in Python would have found. 1: unusual or faulty, for the reference to read; `row` is undefined. */
int schema_scan(const Schema *schema, const uint8_t *payload, size_t size, float *row, Scanned *scanned);

#endif
