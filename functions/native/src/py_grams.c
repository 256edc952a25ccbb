/* `_native.hash_grams`: what _native.pyi says. */
#include "grams.h"
#include "py.h"

enum { MOST_NUMBERS = 1 << 20 };

static bool sound(const GramRules *rules, Py_ssize_t length) {
  return rules->shortest >= 1 && rules->shortest <= rules->longest && rules->longest <= 64 && rules->buckets >= 2 &&
         length >= 1 && length <= MOST_NUMBERS;
}

static PyObject *row_of(const GramRules *rules, const Py_buffer *text) {
  PyObject *row = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(rules->length * sizeof(int64_t)));
  if (row == NULL) return NULL;
  if (!hash_grams(rules, text->buf, (size_t)text->len, (int64_t *)(void *)PyBytes_AsString(row))) {
    Py_DECREF(row);
    return PyErr_NoMemory();
  }
  return row;
}

static PyObject *hash_grams_of(PyObject *module, PyObject *arguments) {
  (void)module;
  Py_buffer text;
  int characters, lowercase;
  Py_ssize_t shortest, longest, length;
  unsigned int buckets;
  if (!PyArg_ParseTuple(arguments, "y*pnnInp:hash_grams", &text, &characters, &shortest, &longest, &buckets, &length,
                        &lowercase)) {
    return NULL;
  }
  GramRules rules = {characters != 0, lowercase != 0, (size_t)shortest,
                     (size_t)longest, (size_t)length, (uint32_t)buckets};
  PyObject *row = NULL;
  if (sound(&rules, length)) {
    row = row_of(&rules, &text);
  } else {
    PyErr_SetString(PyExc_ValueError, "expected grams of 1 to 64 units, at least 2 buckets and a row of 1 to 1048576");
  }
  PyBuffer_Release(&text);
  return row;
}

static PyMethodDef functions[] = {
    {"hash_grams", hash_grams_of, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int add_grams(PyObject *module) { return PyModule_AddFunctions(module, functions); }
