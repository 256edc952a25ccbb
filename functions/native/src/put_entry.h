/* One entry of a PutRecords request, with or without the explicit hash key, as a request's form writes it. */
#ifndef NATIVE_PUT_ENTRY_H
#define NATIVE_PUT_ENTRY_H

#include "text.h"

typedef enum { PUT_JSON, PUT_CBOR } PutForm;

typedef struct {
  Span data, key;
  size_t key_in_json; /* the key's size there */
  Span hash_key;      /* decimal; NULL at `at`: none */
} PutEntry;

/* The entry's size, SIZE_MAX where size_t cannot hold it; and written, giving its end. In JSON the data are in base64; in
 * CBOR they are bytes, and the key must be UTF-8. */
size_t put_entry_size(const PutEntry *entry, PutForm form);
char *put_entry_write(char *out, const PutEntry *entry, PutForm form);

#endif
