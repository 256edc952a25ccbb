/* CPython's limited API: one binary for Python 3.13 and every later one. */
#ifndef NATIVE_PY_H
#define NATIVE_PY_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030D0000
#include <Python.h>

#include "text.h"

/* Each adds its types and functions to the module; 0, or -1 with an exception set. */
int add_forest(PyObject *module);
int add_schema(PyObject *module);
int add_messages(PyObject *module);
int add_table(PyObject *module);
int add_layouts(PyObject *module);
int add_envelopes(PyObject *module);
int add_take(PyObject *module);
int add_answer(PyObject *module);
int add_memory(PyObject *module);
int add_calibrate(PyObject *module);
int add_grams(PyObject *module);

/* Make a type of its spec and add it under the name in it: 0, or -1 with an exception set. */
int add_type(PyObject *module, PyType_Spec *spec);

/* Whether the object's type is the one that `dealloc` belongs to. Each type here has a dealloc of its own, so that this
 * needs no reference to the type, which is another one in each interpreter. */
static inline bool is_of(PyObject *object, destructor dealloc) {
  return PyType_GetSlot(Py_TYPE(object), Py_tp_dealloc) == (void *)dealloc;
}

/* The UTF-8 of a str, which lives as long as it does: 0, or -1 with an exception set (for single surrogates, too). */
static inline int py_span(PyObject *text, Span *span) {
  Py_ssize_t size = 0;
  span->at = PyUnicode_AsUTF8AndSize(text, &size);
  span->size = (size_t)size;
  return span->at == NULL ? -1 : 0;
}

/* The same with single surrogates as three bytes each; `*owner`, a reference to be given back, keeps the bytes. */
static inline int py_any_span(PyObject *text, Span *span, PyObject **owner) {
  *owner = NULL;
  if (py_span(text, span) == 0) return 0;
  if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
  PyErr_Clear();
  *owner = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
  if (*owner == NULL) return -1;
  *span = (Span){PyBytes_AsString(*owner), (size_t)PyBytes_Size(*owner)};
  return 0;
}

/* Give back an object of a type made by add_type. */
static inline void py_free(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

#endif
