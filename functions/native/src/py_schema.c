/* `_native.Schema`: what _native.pyi says of it. */
#include "py_schema.h"

#include <stdlib.h>

typedef struct {
  PyObject_HEAD Schema *schema;
} SchemaObject;

/* What is gathered of the arguments until the schema is made: spans into the bytes objects of `kept`. */
typedef struct {
  PyObject *kept;
  Span *event_id, *features_path;
  FeatureSpec *features;
  SchemaSpec spec;
} Arguments;

static void forget(Arguments *arguments) {
  for (size_t i = 0; i < arguments->spec.feature_count; i++) {
    free((void *)(uintptr_t)arguments->features[i].categories);
    free((void *)(uintptr_t)arguments->features[i].missing_values);
  }
  free(arguments->event_id);
  free(arguments->features_path);
  free(arguments->features);
  Py_XDECREF(arguments->kept);
}

/* A text in UTF-8; a single surrogate, which no payload in UTF-8 holds, becomes three bytes. */
static int take_text(PyObject *kept, PyObject *text, Span *span) {
  if (!PyUnicode_Check(text)) {
    PyErr_Format(PyExc_TypeError, "expected str, got %R", text);
    return -1;
  }
  PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
  if (!bytes) return -1;
  *span = (Span){PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes)};
  int failed = PyList_Append(kept, bytes);
  Py_DECREF(bytes);
  return failed;
}

/* An array for the items of a list; one more, so that none is empty. */
static void *array(PyObject *list, size_t *count, size_t size) {
  *count = (size_t)PyList_Size(list);
  void *items = calloc(*count + 1, size);
  if (!items) PyErr_NoMemory();
  return items;
}

/* The texts of a sequence, in an array that the caller frees. */
static Span *take_texts(PyObject *kept, PyObject *sequence, size_t *count) {
  PyObject *list = PySequence_List(sequence);
  if (!list) return NULL;
  Span *texts = array(list, count, sizeof *texts);
  for (size_t i = 0; texts && i < *count; i++) {
    if (take_text(kept, PyList_GetItem(list, (Py_ssize_t)i), &texts[i]) == 0) continue;
    free(texts);
    texts = NULL;
  }
  Py_DECREF(list);
  return texts;
}

static int take_type(const char *name, FeatureType *type) {
  static const char *const names[] = {"float", "int", "bool", "category"};
  for (int i = 0; i < 4; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    *type = (FeatureType)i;
    return 0;
  }
  PyErr_Format(PyExc_ValueError, "expected float, int, bool or category, got %s", name);
  return -1;
}

/* The numbers of a sequence, in an array that the caller frees. */
static float *take_floats(PyObject *sequence, size_t *count) {
  PyObject *list = PySequence_List(sequence);
  if (!list) return NULL;
  float *numbers = array(list, count, sizeof *numbers);
  for (size_t i = 0; numbers && i < *count; i++) {
    numbers[i] = (float)PyFloat_AsDouble(PyList_GetItem(list, (Py_ssize_t)i));
    if (!PyErr_Occurred()) continue;
    free(numbers);
    numbers = NULL;
  }
  Py_DECREF(list);
  return numbers;
}

static int take_feature(PyObject *kept, PyObject *item, FeatureSpec *feature) {
  PyObject *name, *categories, *missing_values = NULL;
  const char *type;
  int missing, unknown_is_missing;
  if (!PyTuple_Check(item)) {
    PyErr_Format(PyExc_TypeError, "expected a tuple for each feature, got %R", item);
    return -1;
  }
  if (!PyArg_ParseTuple(item, "UspOp|O", &name, &type, &missing, &categories, &unknown_is_missing, &missing_values)) {
    return -1;
  }
  if (take_type(type, &feature->type) || take_text(kept, name, &feature->name)) return -1;
  feature->missing = missing;
  feature->unknown_is_missing = unknown_is_missing;
  feature->categories = take_texts(kept, categories, &feature->category_count);
  if (!feature->categories || !missing_values) return feature->categories ? 0 : -1;
  feature->missing_values = take_floats(missing_values, &feature->missing_value_count);
  return feature->missing_values ? 0 : -1;
}

static int take_features(Arguments *arguments, PyObject *sequence) {
  PyObject *list = PySequence_List(sequence);
  if (!list) return -1;
  size_t count;
  int failed = (arguments->features = array(list, &count, sizeof *arguments->features)) ? 0 : -1;
  for (size_t i = 0; i < count && !failed; i++) {
    arguments->spec.feature_count = i + 1;
    failed = take_feature(arguments->kept, PyList_GetItem(list, (Py_ssize_t)i), &arguments->features[i]);
  }
  arguments->spec.features = arguments->features;
  Py_DECREF(list);
  return failed;
}

static Schema *make(PyObject *event_id, PyObject *features_path, PyObject *features) {
  Schema *schema = NULL;
  Arguments given = {.kept = PyList_New(0)};
  SchemaSpec *spec = &given.spec;
  if (given.kept && (given.event_id = take_texts(given.kept, event_id, &spec->event_id_count)) &&
      (given.features_path = take_texts(given.kept, features_path, &spec->features_path_count)) &&
      take_features(&given, features) == 0) {
    spec->event_id = given.event_id;
    spec->features_path = given.features_path;
    if (spec->event_id_count == 0) {
      PyErr_SetString(PyExc_ValueError, "expected at least one name in the path of the event id");
    } else if (!(schema = schema_new(spec))) {
      PyErr_NoMemory();
    }
  }
  forget(&given);
  return schema;
}

static PyObject *schema_object_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
  static char *names[] = {"event_id", "features_path", "features", NULL};
  PyObject *event_id, *features_path, *features;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "OOO", names, &event_id, &features_path, &features)) return NULL;
  Schema *schema = make(event_id, features_path, features);
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

static PyObject *decoded(const Schema *schema, const Py_buffer *payload) {
  Scanned scanned;
  Py_ssize_t size = (Py_ssize_t)(schema_columns(schema) * sizeof(float));
  PyObject *row = PyBytes_FromStringAndSize(NULL, size);
  if (!row) return NULL;
  if (schema_scan(schema, payload->buf, (size_t)payload->len, (float *)(void *)PyBytes_AsString(row), &scanned)) {
    Py_DECREF(row);
    Py_RETURN_NONE;
  }
  return Py_BuildValue("(s#NI)", scanned.event_id, (Py_ssize_t)scanned.event_id_size, row, scanned.ignored);
}

static PyObject *schema_decode(PyObject *self, PyObject *object) {
  Py_buffer payload;
  if (PyObject_GetBuffer(object, &payload, PyBUF_SIMPLE)) return NULL;
  PyObject *found = decoded(((SchemaObject *)self)->schema, &payload);
  PyBuffer_Release(&payload);
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
    {"decode", schema_decode, METH_O, "Event id, float32 row, ignored members; None where the reference must read it."},
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
