#ifndef NATIVE_PY_TABLE_H
#define NATIVE_PY_TABLE_H

#include "py.h"
#include "table.h"

/* The Table inside a `_native.Table` object, which lives as long as it; NULL with TypeError where it is none. */
Table *py_table(PyObject *object);

#endif
