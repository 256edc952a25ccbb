/* `_native.keep_memory`: what _native.pyi says. */
#include "memory.h"
#include "py.h"

static PyObject *keep_memory(PyObject *module, PyObject *none) {
  (void)module, (void)none;
  memory_keep();
  Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"keep_memory", keep_memory, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int add_memory(PyObject *module) { return PyModule_AddFunctions(module, functions); }
