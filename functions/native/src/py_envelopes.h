#ifndef NATIVE_PY_ENVELOPES_H
#define NATIVE_PY_ENVELOPES_H

#include "envelopes.h"
#include "py.h"

/* The Envelopes inside a `_native.Envelopes` object, which live as long as it; NULL with an exception where it is none. */
const Envelopes *py_envelopes(PyObject *object);

#endif
