#ifndef NATIVE_PY_SCHEMA_H
#define NATIVE_PY_SCHEMA_H

#include "py.h"
#include "schema.h"

/* The Schema inside a `_native.Schema` object, which lives as long as that; NULL with TypeError where it is none. */
const Schema *py_schema(PyObject *object);

#endif
