/* `_native.Forest` and `_native.NotCovered`. */
#include <string.h>

#include "forest.h"
#include "py.h"

typedef struct {
  PyObject base;
  Forest *forest;
} ForestObject;

static const char *const KERNELS[] = {
    [FOREST_AUTOMATIC] = "automatic", [FOREST_WALK] = "walk", [FOREST_PORTABLE] = "portable",
    [FOREST_AVX2] = "avx2",           [FOREST_NEON] = "neon",
};
enum { KERNEL_COUNT = sizeof KERNELS / sizeof *KERNELS };

static int kernel_named(const char *name, ForestKernel *kernel) {
  for (int i = 0; i < KERNEL_COUNT; i++) {
    if (strcmp(name, KERNELS[i]) == 0 && forest_has_kernel((ForestKernel)i)) {
      *kernel = (ForestKernel)i;
      return 0;
    }
  }
  PyErr_Format(PyExc_ValueError, "kernel: expected one that this processor has, got '%s'", name);
  return -1;
}

static void raise_not_covered(PyTypeObject *type, const char *reason) {
  PyObject *module = PyType_GetModule(type);
  PyObject *error = module == NULL ? NULL : PyObject_GetAttrString(module, "NotCovered");
  if (error != NULL) PyErr_SetString(error, reason);
  Py_XDECREF(error);
}

static Forest *load(PyTypeObject *type, const Py_buffer *model, PyObject *iterations, const char *name) {
  char reason[FOREST_REASON_SIZE];
  ForestKernel kernel;
  unsigned long long counted = iterations == NULL ? 0 : PyLong_AsUnsignedLongLong(iterations);
  if (PyErr_Occurred() || kernel_named(name, &kernel) != 0) return NULL;
  Forest *forest;
  Py_BEGIN_ALLOW_THREADS forest = forest_load(model->buf, (size_t)model->len, counted, kernel, reason);
  Py_END_ALLOW_THREADS if (forest == NULL) raise_not_covered(type, reason);
  return forest;
}

static PyObject *forest_new(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  static char *names[] = {"model", "iterations", "kernel", NULL};
  Py_buffer model;
  PyObject *iterations = NULL;
  const char *name = KERNELS[FOREST_AUTOMATIC];
  if (!PyArg_ParseTupleAndKeywords(arguments, named, "y*|O$s:Forest", names, &model, &iterations, &name)) return NULL;
  Forest *forest = load(type, &model, iterations, name);
  PyBuffer_Release(&model);
  if (forest == NULL) return NULL;
  allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  ForestObject *self = (ForestObject *)allocate(type, 0);
  if (self == NULL) {
    forest_free(forest);
    return NULL;
  }
  self->forest = forest;
  return (PyObject *)self;
}

static void forest_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  forest_free(((ForestObject *)object)->forest);
  release(object);
  Py_DECREF(type);
}

typedef int Evaluate(const Forest *forest, const void *matrix, size_t rows, void *out);

static int check_size(const Forest *forest, Py_buffer *matrix, Py_ssize_t rows) {
  size_t columns = forest_columns(forest), classes = forest_classes(forest), size = (size_t)matrix->len;
  /* What the rows' columns take is there in memory, so that only the classes could make the product overflow. */
  if (rows < 0 || (size_t)rows > size / 4 || size / 4 / columns != (size_t)rows || size != (size_t)rows * columns * 4) {
    PyErr_Format(PyExc_ValueError, "matrix: expected %zd rows of %zu float32, got %zu bytes", rows, columns, size);
    return -1;
  }
  if ((size_t)rows > SIZE_MAX / 8 / classes) {
    PyErr_NoMemory();
    return -1;
  }
  return 0;
}

/* The matrix was checked: only the size of the answer, rows x classes x columns x item bytes, is left. */
static PyObject *room_for(const Forest *forest, size_t rows, size_t columns, size_t item) {
  size_t size;
  if (__builtin_mul_overflow(columns, item, &size) || __builtin_mul_overflow(forest_classes(forest), size, &size) ||
      __builtin_mul_overflow(rows, size, &size) || size > PTRDIFF_MAX) {
    return PyErr_NoMemory();
  }
  return PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)size);
}

static PyObject *evaluate(const Forest *forest, PyObject *arguments, Evaluate *function, size_t columns, size_t item) {
  Py_buffer matrix;
  Py_ssize_t rows;
  if (!PyArg_ParseTuple(arguments, "y*n", &matrix, &rows)) return NULL;
  PyObject *out = NULL;
  if (check_size(forest, &matrix, rows) == 0) out = room_for(forest, (size_t)rows, columns, item);
  if (out != NULL) {
    char *filled = PyByteArray_AsString(out);
    int failed;
    Py_BEGIN_ALLOW_THREADS failed = function(forest, matrix.buf, (size_t)rows, filled);
    Py_END_ALLOW_THREADS if (failed) {
      Py_CLEAR(out);
      PyErr_NoMemory();
    }
  }
  PyBuffer_Release(&matrix);
  return out;
}

static PyObject *margins(PyObject *object, PyObject *arguments) {
  return evaluate(((ForestObject *)object)->forest, arguments, forest_margins, 1, sizeof(float));
}

static PyObject *scores(PyObject *object, PyObject *arguments) {
  return evaluate(((ForestObject *)object)->forest, arguments, forest_scores, 1, sizeof(float));
}

static PyObject *attributions(PyObject *object, PyObject *arguments) {
  const Forest *forest = ((ForestObject *)object)->forest;
  const char *refusal = forest_attributions_refusal(forest);
  if (refusal[0] != 0) {
    raise_not_covered(Py_TYPE(object), refusal);
    return NULL;
  }
  return evaluate(forest, arguments, forest_attributions, forest_columns(forest) + 1, sizeof(double));
}

static PyObject *columns(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromSize_t(forest_columns(((ForestObject *)self)->forest));
}

static PyObject *classes(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromSize_t(forest_classes(((ForestObject *)self)->forest));
}

static PyObject *lanes_from(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromSize_t(forest_lanes_from(((ForestObject *)self)->forest));
}

static PyObject *codes(PyObject *self, void *closure) {
  PyObject *found = PyList_New(0);
  size_t column, count;
  (void)closure;
  for (size_t i = 0; found != NULL && forest_codes(((ForestObject *)self)->forest, i, &column, &count); i++) {
    PyObject *pair = Py_BuildValue("nn", (Py_ssize_t)column, (Py_ssize_t)count);
    if (pair == NULL || PyList_Append(found, pair) != 0) Py_CLEAR(found);
    Py_XDECREF(pair);
  }
  return found;
}

static PyObject *skeleton(PyObject *self, void *closure) {
  size_t size;
  const char *text = forest_skeleton(((ForestObject *)self)->forest, &size);
  (void)closure;
  return PyBytes_FromStringAndSize(text, (Py_ssize_t)size);
}

static PyMethodDef methods[] = {
    {"margins", margins, METH_VARARGS, "Sums of the leaves and the base score, float32, rows x classes."},
    {"scores", scores, METH_VARARGS, "The objective's predictions, float32, rows x classes."},
    {"attributions", attributions, METH_VARARGS, "SHAP values of the margins, float64."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef members[] = {
    {"columns", columns, NULL, "Features of a row.", NULL},
    {"classes", classes, NULL, "Scores of a row.", NULL},
    {"lanes_from", lanes_from, NULL, "How many rows it takes for trees to be evaluated in lanes; 0: never.", NULL},
    {"codes", codes, NULL, "Features that are split by category, and how many codes the splits need of each.", NULL},
    {"skeleton", skeleton, NULL, "JSON of the model file without its trees, its texts not yet known to be UTF-8.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "The trees of one model, flattened."},
    {Py_tp_new, forest_new},
    {Py_tp_dealloc, forest_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, members},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "native._native.Forest",
    .basicsize = sizeof(ForestObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static PyObject *kernels(void) {
  PyObject *names = PyList_New(0);
  for (int i = 0; names != NULL && i < KERNEL_COUNT; i++) {
    if (!forest_has_kernel((ForestKernel)i)) continue;
    PyObject *name = PyUnicode_FromString(KERNELS[i]);
    if (name == NULL || PyList_Append(names, name) != 0) Py_CLEAR(names);
    Py_XDECREF(name);
  }
  PyObject *tuple = names == NULL ? NULL : PyList_AsTuple(names);
  Py_XDECREF(names);
  return tuple;
}

/* Adds a new reference under a name, and releases it; NULL is an error that was raised. */
static int add(PyObject *module, const char *name, PyObject *value) {
  int failed = value == NULL ? -1 : PyModule_AddObjectRef(module, name, value);
  Py_XDECREF(value);
  return failed;
}

int add_forest(PyObject *module) {
  if (add(module, "NotCovered", PyErr_NewException("native._native.NotCovered", PyExc_ValueError, NULL)) != 0 ||
      add(module, "Forest", PyType_FromModuleAndSpec(module, &spec, NULL)) != 0) {
    return -1;
  }
  return add(module, "KERNELS", kernels());
}
