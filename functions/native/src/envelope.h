/* Lambda's envelopes around Kinesis records, read from the raw JSON of an event without making objects of it. */
#ifndef NATIVE_ENVELOPE_H
#define NATIVE_ENVELOPE_H

#include "text.h"

/* What a record's identity and prediction need of its envelope: UTF-8, not yet looked into. */
typedef struct {
  Span data; /* base64 */
  Span key;
  Span sequence;
  Span arn;
  Span event_id;     /* shard:sequence */
  double arrived_at; /* seconds since the epoch */
} Envelope;

/* A place in the event. */
typedef struct {
  uint32_t at, size;
} Place;

typedef struct {
  Place whole; /* the record's JSON object */
  Place data, key, sequence, arn, event_id;
  double arrived_at; /* NaN: not an ordinary one; a member is missing, there twice, of another type or has escapes */
} EnvelopePlaces;

typedef struct {
  const char *event; /* not owned */
  EnvelopePlaces *record;
  size_t count, room;
} Envelopes;

/* Find the records of an event: {"Records":[{"kinesis":{…},"eventSource":"aws:kinesis",…},…],…}, at least one. 0; 1
 * where it is anything else, where Python's json.loads might refuse it, or where that is in doubt; -1 where there is no
 * memory. `envelopes` is all zero at the start and wants envelopes_free in any case; the event must outlive it. */
int envelopes_scan(Envelopes *envelopes, const char *event, size_t size);

void envelopes_free(Envelopes *envelopes);

/* The envelope of record `i`, valid as long as the event is. False where it is not an ordinary one. */
bool envelopes_read(const Envelopes *envelopes, size_t i, Envelope *envelope);

#endif
