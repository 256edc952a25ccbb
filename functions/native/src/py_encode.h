/* `_native.Table.encode`, apart from the rest of the table. */
#ifndef NATIVE_PY_ENCODE_H
#define NATIVE_PY_ENCODE_H

#include "py.h"
#include "table.h"

typedef struct {
  PyObject_HEAD Table table;
  PyObject *schema;
  Text model;    /* JSON text */
  bool odd_keys; /* some key has single surrogates, which UTF-8 cannot hold */
} PyTable;

PyObject *py_encode(PyObject *self, PyObject *arguments, PyObject *names);

#endif
