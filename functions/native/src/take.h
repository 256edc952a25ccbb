/* From envelopes to rows: what sources/, records/ and scoring/validate.py do, for ordinary records. */
#ifndef NATIVE_TAKE_H
#define NATIVE_TAKE_H

#include "aggregate.h"
#include "payloads.h"
#include "sha256.h"
#include "table.h"
#include "timestamp.h"

enum { MOST_LAYERS = 2 }; /* an envelope, and one in its payload */

/* What records of one shard, topic or queue share, rendered once. */
typedef struct {
  const Layout *layout; /* NULL: nothing is rendered */
  size_t arn_size, shard_size;
  Text identity;     /* model|arn|shard| or model|arn| */
  uint32_t state[8]; /* SHA-256 of the whole blocks of `identity` */
  Text source;       /* {"type":…,"position":" */
} Shared;

/* Adds records to one or two tables. */
typedef struct {
  Payloads payloads;            /* of the envelopes */
  Opened nested;                /* the payload of an envelope in a payload */
  Span model;                   /* its name; not owned */
  Table *champion, *challenger; /* challenger: NULL where there is none */
  double bound;                 /* a key is the challenger's where the first 32 bits of its SHA-256 are below */
  Sha256 sha256;
  Shared shared[MOST_LAYERS];   /* of the record before */
  Shared whole;                 /* of the user records of an aggregate */
  EnvelopeReader inner;         /* of envelopes in payloads; without a layout until there is one */
  double arrived_at;            /* of the record before; NaN: there is none */
  char instant[TIMESTAMP_SIZE]; /* and in letters */
  Aggregate aggregate;          /* the record's user records */
  Text key;                     /* its partition key, where that had escapes */
  Text source;                  /* the prediction's `source` member */
} Taker;

/* model : the name of the model, a part of each identity. share : of the partition keys, for the challenger: 0 to 1, and
 * 0 where there is none. */
void taker_init(Taker *taker, const Envelopes *envelopes, Span model, Table *champion, Table *challenger, double share);

/* Make room in the tables for the rows of that many records. */
void taker_expect(const Taker *taker, size_t records);

void taker_free(Taker *taker);

/* Add the record of envelope `i`, or all that it holds: 0; 1 where it is unusual or faulty, so that the reference path
 * must look; -1 where there is no memory. Nothing is added unless it is 0. */
int take_envelope(Taker *taker, size_t i);

#endif
