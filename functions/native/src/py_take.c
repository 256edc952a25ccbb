/* `_native.take`: as _native.pyi says. */
#include "py_envelopes.h"
#include "py_table.h"
#include "take.h"

enum { UNUSUAL = 1 };

/* The place of the first envelope from `at` on that was left, or the end; -1 with an exception set. */
static Py_ssize_t take_all(Taker *taker, const Envelopes *envelopes, Py_ssize_t at) {
  Py_ssize_t count = (Py_ssize_t)envelopes->count;
  taker_expect(taker, count > at ? (size_t)(count - at) : 0);
  for (; at < count; at++) {
    int answer = take_envelope(taker, (size_t)at);
    if (answer < 0) {
      PyErr_NoMemory();
      return -1;
    }
    if (answer == UNUSUAL) break;
  }
  return at;
}

/* A Taker for the tables in a tuple; 0, or -1 with an exception set. */
static int begin(Taker *taker, const Envelopes *envelopes, PyObject *tables, double share, PyObject *model) {
  Table *table[2] = {NULL, NULL};
  Span name;
  Py_ssize_t count = PyTuple_Size(tables);
  if (count < 1 || count > 2) {
    PyErr_Format(PyExc_ValueError, "tables: expected the champion's, and optionally a challenger's, got %zd", count);
    return -1;
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    table[i] = py_table(PyTuple_GetItem(tables, i));
    if (table[i] == NULL) return -1;
  }
  if (!(share >= 0 && share <= 1) || (share > 0 && count == 1)) {
    PyErr_SetString(PyExc_ValueError, "share: expected 0 to 1, and 0 without a challenger's table");
    return -1;
  }
  if (py_span(model, &name) < 0) return -1;
  taker_init(taker, envelopes, name, table[0], table[1], share);
  return 0;
}

static PyObject *take(PyObject *module, PyObject *arguments, PyObject *keyword_arguments) {
  static char *keywords[] = {"envelopes", "start", "tables", "share", "model", NULL};
  PyObject *object, *sequence, *model;
  Py_ssize_t start, at = -1;
  double share;
  Taker taker;
  (void)module;
  if (!PyArg_ParseTupleAndKeywords(arguments, keyword_arguments, "OnOdU:take", keywords, &object, &start, &sequence,
                                   &share, &model)) {
    return NULL;
  }
  if (start < 0) return PyErr_Format(PyExc_ValueError, "start: expected a place in the batch, got %zd", start);
  const Envelopes *envelopes = py_envelopes(object);
  PyObject *tables = envelopes ? PySequence_Tuple(sequence) : NULL;
  if (tables == NULL) return NULL;
  if (begin(&taker, envelopes, tables, share, model) == 0) {
    at = take_all(&taker, envelopes, start);
    taker_free(&taker);
  }
  Py_DECREF(tables);
  return at < 0 ? NULL : PyLong_FromSsize_t(at);
}

static PyMethodDef functions[] = {
    {"take", (PyCFunction)(void (*)(void))take, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

int add_take(PyObject *module) { return PyModule_AddFunctions(module, functions); }
