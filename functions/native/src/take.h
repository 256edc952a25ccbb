/* From envelopes to rows: what scorer/sources/kinesis.py, identity.py and records.py do, for ordinary records. */
#ifndef NATIVE_TAKE_H
#define NATIVE_TAKE_H

#include "envelope.h"
#include "sha256.h"
#include "table.h"
#include "timestamp.h"

/* What records of one shard share, rendered once. */
typedef struct {
  Text identity;     /* arn|shard| */
  size_t arn_size;   /* of that: the ARN */
  uint32_t state[8]; /* SHA-256 of the whole blocks of `identity` */
  Text source;       /* {"type":"kinesis",…,"position":" */
} Shard;

/* Adds records to one or two tables. */
typedef struct {
  Table *champion, *challenger; /* challenger: NULL where there is none */
  double bound;                 /* a key is the challenger's where the first 32 bits of its SHA-256 are below */
  Sha256 sha256;
  Shard shard;       /* that of the record before */
  double arrived_at; /* of the record before; NaN: there is none */
  char instant[TIMESTAMP_SIZE];
  Text payload; /* the record's, decoded */
  Text source;  /* the prediction's `source` member */
} Taker;

/* share : of the partition keys, for the challenger: 0 to 1, and 0 where there is none. */
void taker_init(Taker *taker, Table *champion, Table *challenger, double share);

/* Let the tables have room for what comes of so many records. */
void taker_expect(const Taker *taker, size_t records);

void taker_free(Taker *taker);

/* Add one record: 0; 1 where it is unusual or faulty, so that the exact path must look; -1 where there is no memory.
 * Nothing is added unless it is 0. */
int take_envelope(Taker *taker, const Envelope *envelope, size_t origin);

#endif
