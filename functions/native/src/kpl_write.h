/* The bytes of one aggregate: as records/kpl.py, aggregate. */
#ifndef NATIVE_KPL_WRITE_H
#define NATIVE_KPL_WRITE_H

#include "messages.h"

enum { KPL_MAGIC = 4 };

/* The keys of the aggregate that is written, each once. */
typedef struct {
  const Messages *messages;
  uint32_t *slots; /* a hash table of places in `keys`, plus one; 0: free */
  uint32_t *keys;  /* numbers of messages: each the first of its key */
  uint32_t *index; /* of each message's key */
  size_t key_count;
} KplWriter;

/* For aggregates of up to `most` messages: 0, or -1. Wants kpl_writer_free in any case. */
int kpl_writer_init(KplWriter *writer, const Messages *messages, size_t most);
void kpl_writer_free(KplWriter *writer);

/* Append the aggregate of the messages `numbers[places[…]]`, with undefined bytes in place of its digest: 0, or -1.
 * hash_key : in decimal; that of all. */
int kpl_write(KplWriter *writer, Text *out, const uint32_t *numbers, const uint32_t *places, size_t count,
              Span hash_key);

#endif
