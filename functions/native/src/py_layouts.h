#ifndef NATIVE_PY_LAYOUTS_H
#define NATIVE_PY_LAYOUTS_H

#include "layout.h"
#include "py.h"

/* The layouts of a `_native.Layouts` object, which live as long as it; NULL with an exception where it is none. */
const Layout *py_layouts(PyObject *object, size_t *count);

#endif
