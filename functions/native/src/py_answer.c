#include "answer.h"
#include "py.h"

static PyObject *acknowledges(PyObject *module, PyObject *args) {
  Py_buffer answer;
  Py_ssize_t count;
  (void)module;
  if (!PyArg_ParseTuple(args, "y*n:acknowledges", &answer, &count)) return NULL;
  bool all = count > 0 && answer_acknowledges(answer.buf, (size_t)answer.len, (size_t)count);
  PyBuffer_Release(&answer);
  return PyBool_FromLong(all);
}

static PyMethodDef methods[] = {
    {"acknowledges", acknowledges, METH_VARARGS,
     "acknowledges(answer, count): whether PutRecords' answer plainly says that all `count` records were accepted."},
    {NULL, NULL, 0, NULL},
};

int add_answer(PyObject *module) { return PyModule_AddFunctions(module, methods); }
