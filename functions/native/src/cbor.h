/* CBOR, RFC 8949, as far as Kinesis' requests and answers need it. */
#ifndef NATIVE_CBOR_H
#define NATIVE_CBOR_H

#include "text.h"

typedef enum { CBOR_NUMBER = 0, CBOR_BYTES = 2, CBOR_TEXT = 3, CBOR_ARRAY = 4, CBOR_MAP = 5, CBOR_SIMPLE = 7 } CborType;

enum { CBOR_MOST_HEAD = 9 };

/* The head of an item: its type, and a number, which is what is counted or how much follows. */
size_t cbor_head_size(size_t number);
char *cbor_head(char *out, CborType type, size_t number); /* the end of what was written */

static inline size_t cbor_text_size(Span text) { return cbor_head_size(text.size) + text.size; }

/* A text, or bytes, with their head: the end of what was written. */
static inline char *cbor_string(char *out, CborType type, Span text) {
  out = cbor_head(out, type, text.size);
  if (text.size) memcpy(out, text.at, text.size);
  return out + text.size;
}

#endif
