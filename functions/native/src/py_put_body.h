/* The JSON body of one PutRecords request, around its entries. */
#ifndef NATIVE_PY_PUT_BODY_H
#define NATIVE_PY_PUT_BODY_H

#include "messages.h"
#include "py.h"

/* Entry `i` of `count`, made of `from`: its bytes in JSON, and where they end when they are written. */
typedef struct {
  size_t count;
  const void *from;
  size_t (*size)(const void *from, size_t i);
  char *(*write)(char *out, const void *from, size_t i);
} PutEntries;

/* A bytes object, or NULL with MemoryError. */
PyObject *py_put_body(Span stream_arn, const PutEntries *entries);

#endif
