/* Messages put together: aggregates of the Kinesis Producer Library, one or more for each range of hash keys, as
 * sinks/aggregates.py makes them. */
#ifndef NATIVE_BUNDLES_H
#define NATIVE_BUNDLES_H

#include "messages.h"

/* How messages are put together. */
typedef struct {
  const Span *hash_keys; /* the first of each range, in decimal */
  size_t ranges;         /* 1 or more */
  size_t most_bytes;     /* up to which a bundle is filled */
  size_t overhead;       /* bytes of a message that count in addition to key and body */
} Bundling;

/* One aggregate. */
typedef struct {
  size_t from, to; /* its messages in `order` */
  size_t range;
  size_t at, size; /* in `data` */
} Bundle;

/* All zero at the start; wants bundles_free in any case. */
typedef struct {
  uint32_t *order; /* the places of the messages among `numbers` */
  Bundle *bundle;
  size_t count, room;
  Text data;
} Bundles;

/* Put the messages of these numbers together: 0, or -1 where there is no memory. */
int bundles_make(Bundles *bundles, const Messages *messages, const uint32_t *numbers, size_t count,
                 const Bundling *how);

void bundles_free(Bundles *bundles);

/* A bundle as the entry of a PutRecords request, with the key of its first message. numbers : those that the bundles were
 * made of. */
PutEntry bundle_entry(const Bundles *bundles, size_t i, const Messages *messages, const uint32_t *numbers,
                      const Bundling *how);

#endif
