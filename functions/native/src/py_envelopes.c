/* `_native.Envelopes`: as _native.pyi says. */
#include "py_envelopes.h"

#include <math.h>

#include "py_layouts.h"

typedef struct {
  PyObject_HEAD PyObject *event; /* bytes */
  PyObject *layouts;
  size_t layout; /* which of them */
  Envelopes envelopes;
} PyEnvelopes;

static void dealloc(PyObject *self) {
  envelopes_free(&((PyEnvelopes *)self)->envelopes);
  Py_XDECREF(((PyEnvelopes *)self)->event);
  Py_XDECREF(((PyEnvelopes *)self)->layouts);
  py_free(self);
}

const Envelopes *py_envelopes(PyObject *object) {
  if (is_of(object, dealloc)) return &((PyEnvelopes *)object)->envelopes;
  PyErr_Format(PyExc_TypeError, "expected Envelopes, got %R", Py_TYPE(object));
  return NULL;
}

static PyObject *scan(PyObject *type, PyObject *arguments) {
  PyObject *event, *layouts;
  char *bytes;
  Py_ssize_t size;
  size_t count;
  if (!PyArg_ParseTuple(arguments, "OO:scan", &event, &layouts)) return NULL;
  const Layout *compiled = py_layouts(layouts, &count);
  if (compiled == NULL || PyBytes_AsStringAndSize(event, &bytes, &size) < 0) return NULL;
  PyObject *self = PyType_GenericNew((PyTypeObject *)type, NULL, NULL);
  if (self == NULL) return NULL;
  PyEnvelopes *it = (PyEnvelopes *)self;
  it->event = Py_NewRef(event);
  it->layouts = Py_NewRef(layouts);
  int answer = envelopes_scan(&it->envelopes, bytes, (size_t)size, compiled, count);
  if (answer == 0) {
    it->layout = (size_t)(it->envelopes.layout - compiled);
    return self;
  }
  Py_DECREF(self);
  if (answer < 0) return PyErr_NoMemory();
  Py_RETURN_NONE;
}

static Py_ssize_t length(PyObject *self) { return (Py_ssize_t)((PyEnvelopes *)self)->envelopes.count; }

/* json.loads of a record's text, so that it is the very object that a parse of the whole event gives. */
static PyObject *item(PyObject *self, Py_ssize_t index) {
  const Envelopes *envelopes = &((PyEnvelopes *)self)->envelopes;
  if (index < 0 || (size_t)index >= envelopes->count) {
    PyErr_Format(PyExc_IndexError, "expected one of %zu envelopes, got %zd", envelopes->count, index);
    return NULL;
  }
  Place whole = envelopes->envelope[index].whole;
  PyObject *json = PyImport_ImportModule("json");
  if (json == NULL) return NULL;
  PyObject *record = PyObject_CallMethod(json, "loads", "s#", envelopes->event + whole.at, (Py_ssize_t)whole.size);
  Py_DECREF(json);
  return record;
}

static PyObject *slice(PyObject *self, PyObject *key) {
  Py_ssize_t start, stop, step;
  if (PySlice_Unpack(key, &start, &stop, &step) < 0) return NULL;
  Py_ssize_t count = PySlice_AdjustIndices(length(self), &start, &stop, step);
  PyObject *list = PyList_New(0);
  for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
    PyObject *record = item(self, start + i * step);
    if (record == NULL || PyList_Append(list, record) < 0) Py_CLEAR(list);
    Py_XDECREF(record);
  }
  return list;
}

static PyObject *subscript(PyObject *self, PyObject *key) {
  if (PySlice_Check(key)) return slice(self, key);
  Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
  if (index == -1 && PyErr_Occurred()) return NULL;
  return item(self, index < 0 ? index + length(self) : index);
}

static PyObject *index_of(PyObject *self, PyObject *value) {
  Py_ssize_t index = PySequence_Index(self, value);
  return index < 0 ? NULL : PyLong_FromSsize_t(index);
}

static PyObject *count_of(PyObject *self, PyObject *value) {
  Py_ssize_t count = PySequence_Count(self, value);
  return count < 0 ? NULL : PyLong_FromSsize_t(count);
}

static PyObject *get_layout(PyObject *self, void *none) {
  (void)none;
  return PyLong_FromSize_t(((PyEnvelopes *)self)->layout);
}

static PyObject *get_oldest(PyObject *self, void *none) {
  (void)none;
  double oldest = envelopes_oldest(&((PyEnvelopes *)self)->envelopes);
  if (isnan(oldest)) Py_RETURN_NONE;
  return PyFloat_FromDouble(oldest);
}

static PyGetSetDef members[] = {
    {"layout", get_layout, NULL, NULL, NULL},
    {"oldest", get_oldest, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"scan", scan, METH_VARARGS | METH_CLASS, NULL},
    {"index", index_of, METH_O, NULL},
    {"count", count_of, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc}, {Py_tp_methods, methods}, {Py_tp_getset, members},      {Py_sq_length, length},
    {Py_sq_item, item},       {Py_mp_length, length},   {Py_mp_subscript, subscript}, {0, NULL},
};

static PyType_Spec spec = {"native._native.Envelopes", sizeof(PyEnvelopes), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

/* For isinstance(…, Sequence), as that asks for a registration. */
static int register_sequence(PyObject *module) {
  PyObject *type = PyObject_GetAttrString(module, "Envelopes"), *abc = PyImport_ImportModule("collections.abc");
  PyObject *sequence = abc ? PyObject_GetAttrString(abc, "Sequence") : NULL;
  PyObject *done = type && sequence ? PyObject_CallMethod(sequence, "register", "O", type) : NULL;
  Py_XDECREF(type);
  Py_XDECREF(abc);
  Py_XDECREF(sequence);
  Py_XDECREF(done);
  return done ? 0 : -1;
}

int add_envelopes(PyObject *module) { return add_type(module, &spec) < 0 ? -1 : register_sequence(module); }
