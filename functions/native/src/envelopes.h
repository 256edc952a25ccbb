/* The envelopes of a Lambda event, found in its raw JSON without making objects of it. */
#ifndef NATIVE_ENVELOPES_H
#define NATIVE_ENVELOPES_H

#include "envelope.h"

/* A place in the event. */
typedef struct {
  uint32_t at, size;
} Place;

typedef struct {
  Place whole; /* the JSON object */
  Place texts[TEXTS];
  unsigned escaped;  /* as Envelope says */
  unsigned present;  /* which texts there are, a bit each */
  double arrived_at; /* NaN: not an ordinary one */
} EnvelopePlaces;

typedef struct {
  const char *event;    /* not owned */
  const Layout *layout; /* that of all of them; not owned */
  EnvelopePlaces *envelope;
  size_t count, room;
} Envelopes;

/* Find the envelopes of an event: {"Records":[{…},…],…}, at least one, all claimed by the same of the layouts. 0; 1
 * where it is anything else, where Python's json.loads might refuse it, or where that is in doubt; -1 where there is no
 * memory. `envelopes` is all zero at the start and wants envelopes_free in any case; event and layouts must outlive
 * it. */
int envelopes_scan(Envelopes *envelopes, const char *event, size_t size, const Layout *layouts, size_t layout_count);

void envelopes_free(Envelopes *envelopes);

/* Envelope `i`, valid as long as the event is. False where it is not an ordinary one. */
bool envelopes_get(const Envelopes *envelopes, size_t i, Envelope *envelope);

/* When the first of them arrived, in seconds since the epoch; NaN where not all are ordinary. */
double envelopes_oldest(const Envelopes *envelopes);

#endif
