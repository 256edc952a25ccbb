/* The body of one PutRecords request, around its entries. */
#ifndef NATIVE_PY_PUT_BODY_H
#define NATIVE_PY_PUT_BODY_H

#include "put_entry.h"
#include "py.h"

/* `count` entries: each is made of `from` when it is asked for, twice. */
typedef struct {
  size_t count;
  const void *from;
  PutEntry (*entry)(const void *from, size_t i);
} PutEntries;

/* A bytes object, or NULL with MemoryError. */
PyObject *py_put_body(Span stream_arn, const PutEntries *entries, PutForm form);

#endif
