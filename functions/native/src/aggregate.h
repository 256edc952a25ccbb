/* Records that hold several: aggregates of the Kinesis Producer Library, as records/kpl.py reads them. */
#ifndef NATIVE_AGGREGATE_H
#define NATIVE_AGGREGATE_H

#include "md5.h"

/* What a producer put: in the aggregate's bytes. */
typedef struct {
  Span key; /* UTF-8, 1 to 256 characters */
  Span data;
} UserRecord;

/* The user records of one aggregate; kept for the next, whose memory it is. All zero is an empty one. */
typedef struct {
  UserRecord *user;
  size_t count, room;
  Span *keys;
  size_t key_count, key_room;
} Aggregate;

void aggregate_free(Aggregate *aggregate);

/* Whether a payload is an aggregate that begins with `magic`, which is not empty; then its protocol buffer and the
 * digest behind that. */
bool aggregate_parts(Span payload, Span magic, Span *message, Span *digest);

/* The user records of a protocol buffer: 0; 1 where it is damaged, or written as no producer does, so that the reference
 * path must look; -1 where there is no memory. */
int aggregate_read(Aggregate *aggregate, Span message);

#endif
