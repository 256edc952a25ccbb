/* From a row and its scores to a prediction, byte for byte as scoring/predictions.py writes it. */
#ifndef NATIVE_ENCODE_H
#define NATIVE_ENCODE_H

#include "messages.h"
#include "table.h"

/* What the predictions of a batch share. */
typedef struct {
  Span model;         /* JSON text */
  const Span *labels; /* each `"label":"…",` in JSON */
  size_t label_count; /* 0, 2 for one score with a threshold, else at least as many as classes */
  const Span *names;  /* each `"…":` in JSON, as many as classes; NULL: scores have no names */
  size_t names_size;  /* bytes of all of them */
  bool has_threshold;
  double threshold;
  Span scored_at;    /* RFC 3339 */
  size_t limit;      /* bytes of a message */
  bool with_keys;    /* whether the key counts towards the limit */
  bool compact;      /* without what is constant for a release or a stream */
  bool key_inside;   /* whether the prediction itself has the key */
  Span attributions; /* of the row: a member in JSON with a comma; or empty */
} Encoding;

typedef enum { ENCODED, NOT_FINITE, TOO_LARGE, NO_MEMORY } Encoded;

/* Have room for the messages of all rows, more or less: 0, or -1 where there is no memory. */
int encode_reserve(const Table *table, size_t classes, const Encoding *encoding, Messages *messages);

/* Add the message of one row, which has `classes` float32 scores at `scores` (of any alignment); nothing is added
 * unless the answer is ENCODED. */
Encoded encode_row(const Table *table, size_t row, const void *scores, size_t classes, const Encoding *encoding,
                   Messages *messages);

#endif
