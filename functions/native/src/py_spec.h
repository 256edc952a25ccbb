/* The arguments of `_native.Schema`, gathered. */
#ifndef NATIVE_PY_SPEC_H
#define NATIVE_PY_SPEC_H

#include "py.h"
#include "schema.h"

/* Read the arguments into a spec, whose parts belong to objects in the list `kept`: 0, or -1 with an exception set. */
int py_spec(PyObject *kept, PyObject *arguments, PyObject *keywords, SchemaSpec *spec);

#endif
