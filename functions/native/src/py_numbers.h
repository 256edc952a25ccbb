/* The numbers of messages that Python hands over: in a range, a call that `cut` made, or any sequence. */
#ifndef NATIVE_PY_NUMBERS_H
#define NATIVE_PY_NUMBERS_H

#include "messages.h"
#include "py.h"

/* The numbers in `pending`, all of messages that are there: to be freed, or NULL with an exception set. */
uint32_t *py_numbers(const Messages *messages, PyObject *pending, size_t *count);

#endif
