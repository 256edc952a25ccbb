/* `_native.calibrate`: what _native.pyi says. */
#include "calibrate.h"
#include "py.h"

static PyObject *of_buffers(Py_buffer *scores, const Py_buffer *inputs, const Py_buffer *outputs) {
  const Py_ssize_t size = (Py_ssize_t)sizeof(double);
  if (inputs->len < size || inputs->len % size != 0 || inputs->len != outputs->len ||
      scores->len % (Py_ssize_t)sizeof(float) != 0) {
    PyErr_Format(PyExc_ValueError, "expected float32 scores and as many inputs as outputs, got %zd, %zd and %zd bytes",
                 scores->len, inputs->len, outputs->len);
    return NULL;
  }
  size_t count = (size_t)scores->len / sizeof(float), knots = (size_t)(inputs->len / size);
  Py_BEGIN_ALLOW_THREADS calibrate_scores(scores->buf, count, inputs->buf, outputs->buf, knots);
  Py_END_ALLOW_THREADS Py_RETURN_NONE;
}

static PyObject *calibrate(PyObject *module, PyObject *arguments) {
  (void)module;
  Py_buffer scores, inputs, outputs;
  if (!PyArg_ParseTuple(arguments, "w*y*y*:calibrate", &scores, &inputs, &outputs)) return NULL;
  PyObject *answer = of_buffers(&scores, &inputs, &outputs);
  PyBuffer_Release(&scores);
  PyBuffer_Release(&inputs);
  PyBuffer_Release(&outputs);
  return answer;
}

static PyMethodDef functions[] = {
    {"calibrate", calibrate, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int add_calibrate(PyObject *module) { return PyModule_AddFunctions(module, functions); }
