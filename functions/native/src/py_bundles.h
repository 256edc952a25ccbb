/* The bodies of PutRecords requests with aggregates. */
#ifndef NATIVE_PY_BUNDLES_H
#define NATIVE_PY_BUNDLES_H

#include "messages.h"
#include "py.h"

/* `Messages.put_aggregates`, of the messages: what _native.pyi says. */
PyObject *py_put_aggregates(const Messages *messages, PyObject *arguments, PyObject *names);

#endif
