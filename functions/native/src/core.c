/* The extension module `native._native`: what it offers is put together here, and nowhere is there mutable state. */
#include "py.h"

int add_type(PyObject *module, PyType_Spec *spec) {
  PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
  if (type == NULL) return -1;
  int answer = PyModule_AddType(module, (PyTypeObject *)type);
  Py_DECREF(type);
  return answer;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, add_forest},
    {Py_mod_exec, add_schema},
    {Py_mod_exec, add_messages},
    {Py_mod_exec, add_table},
    {Py_mod_exec, add_layouts},
    {Py_mod_exec, add_envelopes},
    {Py_mod_exec, add_take},
    {Py_mod_exec, add_answer},
    {Py_mod_exec, add_memory},
    {Py_mod_exec, add_calibrate},
    {Py_mod_exec, add_grams},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "Decode, score and encode a batch without a Python object for each record.",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
