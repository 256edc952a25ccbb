/* From the bytes of one event to a float32 row, by what a manifest says. No Python in here: it is fuzzed by itself. */
#ifndef NATIVE_SCHEMA_H
#define NATIVE_SCHEMA_H

#include "feature.h"
#include "json.h"

typedef struct Schema Schema;

typedef enum { FORMAT_JSON, FORMAT_CSV, FORMAT_VECTOR, FORMAT_OPEN_INFERENCE, FORMATS } Format;

typedef enum {
  UNWRAP_NONE,
  UNWRAP_CLOUDEVENTS,
  UNWRAP_EVENTBRIDGE,
  UNWRAP_DMS,
  UNWRAP_DEBEZIUM,
  UNWRAP_DYNAMODB,
  UNWRAP_SNS,
  UNWRAPS,
} Unwrap;

/* Tokens of a JSON Pointer. */
typedef struct {
  const Span *tokens;
  size_t count;
} Path;

/* An object with features: its path from the event, and the members that are known in it, each once. */
typedef struct {
  Path path;
  const Span *names;
  size_t count;
} HolderSpec;

/* A rule for records that are no events: a member at the path is one of the scalars. */
typedef struct {
  Path path;
  ScalarsSpec equals;
} RuleSpec;

/* A member that is copied into the prediction, under a name that is JSON, with the colon. */
typedef struct {
  Path path;
  Span name;
} PassSpec;

typedef struct {
  Format format;
  Unwrap unwrap;
  bool many;                            /* events in a record */
  bool has_id, integer_id, optional_id; /* optional: an event may lack its id */
  Path event_id;
  const HolderSpec *holders; /* of JSON events; empty otherwise */
  size_t holder_count;
  const FeatureSpec *features;
  const Span *names;   /* of the features: of an open-inference request's tensors */
  const size_t *slots; /* of each feature: the place of its member among those of all holders */
  size_t feature_count;
  const RuleSpec *rules;
  size_t rule_count;
  const PassSpec *passed;
  size_t passed_count;
} SchemaSpec;

/* A schema, which keeps nothing of the spec and never changes; NULL where there is no memory. */
Schema *schema_new(const SchemaSpec *spec);
void schema_free(Schema *schema);

size_t schema_columns(const Schema *schema);
bool schema_many(const Schema *schema);

/* Room for what is read, kept from one event to the next. All zero at the start. */
typedef struct {
  Json json;
  Text text;        /* a string without its escapes */
  Text decoded;     /* an event that was encoded in its envelope */
  Text event_id;    /* in JSON, where it is not in the payload as it is */
  Text quoted;      /* a text in JSON */
  Text passthrough; /* the prediction's member */
  uint32_t *values; /* numbers of values in the document */
  size_t value_room;
} Scratch;

void scratch_free(Scratch *scratch);

/* Room for that many numbers of values, without an own meaning; false where there is no memory. */
bool scratch_values(Scratch *scratch, size_t count);

/* What a scan found of an event in addition to its features: in the payload or in the scratch, until the next scan. */
typedef struct {
  Span event_id;    /* as JSON; empty: it has none */
  Span passthrough; /* as JSON; empty: there is none */
  uint32_t ignored; /* members next to the features that the manifest does not know */
} Scanned;

typedef enum {
  SCAN_ROW,
  SCAN_UNUSUAL, /* faulty, or beyond what is read here: the reference in Python must look; `row` is undefined */
  SCAN_IGNORED, /* no event: a rule says so */
  SCAN_NO_MEMORY,
} ScanResult;

/* Scan one event into `row` (schema_columns floats of any alignment; NaN: missing): where the result is SCAN_ROW, `row`
 * and `scanned` hold what the reference in Python would have found. */
ScanResult schema_scan(const Schema *schema, Span payload, Scratch *scratch, void *row, Scanned *scanned);

/* The events of a record that may hold several, one after the other. */
typedef struct {
  enum { SPLIT_LINES, SPLIT_ITEMS, SPLIT_ROWS } kind;
  Span whole;
  size_t at;
  size_t number, rows; /* the next event; of rows, how many */
} Split;

/* SCAN_ROW; SCAN_UNUSUAL for a record that cannot be split here. */
ScanResult schema_split(const Schema *schema, Span payload, Scratch *scratch, Split *split);

/* Scan the next event; its number is split->number - 1 then. `*done` where there is none. */
ScanResult schema_scan_next(const Schema *schema, Split *split, Scratch *scratch, void *row, Scanned *scanned,
                            bool *done);

#endif
