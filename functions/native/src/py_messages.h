#ifndef NATIVE_PY_MESSAGES_H
#define NATIVE_PY_MESSAGES_H

#include "messages.h"
#include "py.h"

/* The Messages inside a `_native.Messages` object, which live as long as it; NULL with TypeError where it is none. */
Messages *py_messages(PyObject *object);

#endif
