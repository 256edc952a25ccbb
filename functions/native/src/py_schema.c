/* `_native.Schema`: what _native.pyi says of it. */
#include "py_schema.h"

#include "py_spec.h"

typedef struct {
  PyObject_HEAD Schema *schema;
} SchemaObject;

static Schema *make(PyObject *arguments, PyObject *keywords) {
  Schema *schema = NULL;
  SchemaSpec spec;
  PyObject *kept = PyList_New(0);
  if (kept && py_spec(kept, arguments, keywords, &spec) == 0 && !(schema = schema_new(&spec))) PyErr_NoMemory();
  Py_XDECREF(kept);
  return schema;
}

static PyObject *schema_object_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  Schema *schema = make(arguments, keywords);
  if (!schema) return NULL;
  SchemaObject *self = (SchemaObject *)PyType_GenericAlloc(type, 0);
  if (!self) {
    schema_free(schema);
    return NULL;
  }
  self->schema = schema;
  return (PyObject *)self;
}

static void schema_object_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  schema_free(((SchemaObject *)self)->schema);
  PyObject_Free(self);
  Py_DECREF(type);
}

/* Event id and passthrough as JSON, None where there is none. */
static PyObject *text_or_none(Span text) {
  if (text.size == 0) Py_RETURN_NONE;
  return PyUnicode_DecodeUTF8(text.at, (Py_ssize_t)text.size, NULL);
}

static PyObject *decoded(const Schema *schema, const Py_buffer *payload, Scratch *scratch) {
  Scanned scanned;
  Py_ssize_t size = (Py_ssize_t)(schema_columns(schema) * sizeof(float));
  PyObject *row = PyBytes_FromStringAndSize(NULL, size);
  if (!row) return NULL;
  Span text = {payload->buf, (size_t)payload->len};
  ScanResult result = schema_scan(schema, text, scratch, PyBytes_AsString(row), &scanned);
  if (result == SCAN_ROW) {
    return Py_BuildValue("(NNIN)", text_or_none(scanned.event_id), row, scanned.ignored,
                         text_or_none(scanned.passthrough));
  }
  Py_DECREF(row);
  if (result == SCAN_NO_MEMORY) return PyErr_NoMemory();
  return result == SCAN_IGNORED ? PyTuple_New(0) : Py_NewRef(Py_None);
}

static PyObject *schema_decode(PyObject *self, PyObject *object) {
  Py_buffer payload;
  Scratch *scratch = PyMem_Calloc(1, sizeof *scratch);
  if (!scratch) return PyErr_NoMemory();
  PyObject *found = NULL;
  if (PyObject_GetBuffer(object, &payload, PyBUF_SIMPLE) == 0) {
    found = decoded(((SchemaObject *)self)->schema, &payload, scratch);
    PyBuffer_Release(&payload);
  }
  scratch_free(scratch);
  PyMem_Free(scratch);
  return found;
}

static PyObject *schema_get_columns(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromSize_t(schema_columns(((SchemaObject *)self)->schema));
}

const Schema *py_schema(PyObject *object) {
  if (is_of(object, schema_object_dealloc)) return ((SchemaObject *)object)->schema;
  PyErr_Format(PyExc_TypeError, "expected a Schema, got %R", object);
  return NULL;
}

static PyMethodDef methods[] = {
    {"decode", schema_decode, METH_O,
     "Event id, float32 row, ignored members, passthrough; () for no event; None where the reference must read it."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"columns", schema_get_columns, NULL, "Floats of a row.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "A manifest's schema, compiled."},
    {Py_tp_new, schema_object_new},
    {Py_tp_dealloc, schema_object_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "native._native.Schema",
    .basicsize = sizeof(SchemaObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int add_schema(PyObject *module) { return add_type(module, &spec); }
