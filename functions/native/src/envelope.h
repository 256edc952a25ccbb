/* One envelope, read by a layout: a JSON object, whose values stay where they are. */
#ifndef NATIVE_ENVELOPE_H
#define NATIVE_ENVELOPE_H

#include "skeleton.h"
#include "strict.h"

/* What a record's identity and prediction need of its envelope. */
typedef struct {
  Span texts[TEXTS]; /* insides of JSON strings in valid UTF-8; no address where the envelope has none */
  unsigned escaped;  /* which of them have escapes, a bit each */
  double arrived_at; /* seconds since the epoch */
} Envelope;

/* Reads the envelopes of a batch one after the other. */
typedef struct {
  const Layout *layout;
  Skeleton skeleton; /* of the last ordinary envelope that was not written like the one before */
} EnvelopeReader;

typedef enum {
  ENVELOPE_ORDINARY,
  ENVELOPE_ODD,     /* a member that matters is missing, there twice or of another type */
  ENVELOPE_OF_ELSE, /* the claim is not there, or has another value */
  ENVELOPE_BROKEN,  /* no object that Python's json.loads reads for certain; or it is in doubt what its claim is */
} EnvelopeKind;

void envelope_reader_init(EnvelopeReader *reader, const Layout *layout);

/* Read the object at the cursor, and past it unless it is broken. Only of an ordinary one is `envelope` defined. */
EnvelopeKind envelope_read(EnvelopeReader *reader, Cursor *cursor, Envelope *envelope);

/* The layout whose claim the object at the cursor has; NULL where it has none, more than one, or a claim of another
 * value. */
const Layout *envelope_claimed(Cursor cursor, const Layout *layouts, size_t count);

#endif
