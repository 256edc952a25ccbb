/* `_native.Layouts`: as _native.pyi says. */
#include "py_layouts.h"

#include <stdlib.h>

typedef struct {
  PyObject_HEAD Layout *layouts; /* those of sources, and behind them their inner ones */
  size_t count;                  /* of sources */
  PyObject *kept;                /* a list of the objects that hold their texts */
} PyLayouts;

static void dealloc(PyObject *self) {
  free(((PyLayouts *)self)->layouts);
  Py_XDECREF(((PyLayouts *)self)->kept);
  py_free(self);
}

const Layout *py_layouts(PyObject *object, size_t *count) {
  if (!is_of(object, dealloc)) {
    PyErr_Format(PyExc_TypeError, "expected Layouts, got %R", Py_TYPE(object));
    return NULL;
  }
  *count = ((PyLayouts *)object)->count;
  return ((PyLayouts *)object)->layouts;
}

/* The value of an attribute, which `kept` keeps; NULL with an exception. */
static PyObject *attribute(PyObject *kept, PyObject *object, const char *name) {
  PyObject *value = PyObject_GetAttrString(object, name);
  if (value == NULL) return NULL;
  int failed = PyList_Append(kept, value);
  Py_DECREF(value);
  return failed ? NULL : value;
}

/* Each reads an attribute: 0, or -1 with an exception set. */

static int read_text(PyObject *kept, PyObject *object, const char *name, Span *text) {
  PyObject *value = attribute(kept, object, name);
  if (value == NULL) return -1;
  if (PyUnicode_Check(value)) return py_span(value, text);
  PyErr_Format(PyExc_TypeError, "%s: expected str, got %R", name, Py_TYPE(value));
  return -1;
}

static int read_bytes(PyObject *kept, PyObject *object, const char *name, Span *bytes) {
  PyObject *value = attribute(kept, object, name);
  char *at;
  Py_ssize_t size;
  if (value == NULL || PyBytes_AsStringAndSize(value, &at, &size) < 0) return -1;
  *bytes = (Span){at, (size_t)size};
  return 0;
}

static int read_bool(PyObject *kept, PyObject *object, const char *name, bool *value) {
  PyObject *found = attribute(kept, object, name);
  int truth = found ? PyObject_IsTrue(found) : -1;
  *value = truth > 0;
  return truth < 0 ? -1 : 0;
}

/* Which of the words an attribute is. */
static int read_word(PyObject *kept, PyObject *object, const char *name, const char *const *words, int count,
                     int *which) {
  Span text;
  if (read_text(kept, object, name, &text) < 0) return -1;
  for (*which = 0; *which < count; ++*which) {
    if (span_equal(text, (Span){words[*which], strlen(words[*which])})) return 0;
  }
  PyErr_Format(PyExc_ValueError, "%s: expected another word than %s", name, text.at);
  return -1;
}

static int read_spec(PyObject *kept, PyObject *object, LayoutSpec *spec) {
  static const char *const paths[SLOTS] = {
      [PAYLOAD] = "payload",   [PARTITION_KEY] = "partition_key", [ARN] = "arn",     [SHARD] = "shard",
      [POSITION] = "position", [ARRIVED_AT] = "arrived_at",       [CLAIM] = "claim",
  };
  static const char *const encodings[] = {"text", "base64"};
  static const char *const units[TIME_UNITS] = {"seconds", "milliseconds", "rfc3339"};
  int encoding, unit;
  for (int slot = 0; slot < SLOTS; slot++) {
    if (read_text(kept, object, paths[slot], &spec->paths[slot]) < 0) return -1;
  }
  if (read_text(kept, object, "claimed_by", &spec->claim) < 0 || read_text(kept, object, "type", &spec->type) < 0 ||
      read_bytes(kept, object, "aggregate", &spec->aggregate) < 0 ||
      read_bool(kept, object, "optional_key", &spec->optional_key) < 0 ||
      read_word(kept, object, "encoding", encodings, 2, &encoding) < 0 ||
      read_word(kept, object, "arrival_unit", units, TIME_UNITS, &unit) < 0) {
    return -1;
  }
  spec->base64 = encoding;
  spec->unit = (TimeUnit)unit;
  return 0;
}

static int compile(PyObject *kept, PyObject *object, Layout *layout) {
  LayoutSpec spec;
  if (read_spec(kept, object, &spec) < 0) return -1;
  const char *wrong = layout_init(layout, &spec);
  if (wrong == NULL) return 0;
  PyErr_Format(PyExc_ValueError, "%R: %s", object, wrong);
  return -1;
}

/* A layout, and the one inside of its payloads at `inner`; an inner one's own is an error. */
static int compile_both(PyObject *kept, PyObject *object, Layout *layout, Layout *inner) {
  PyObject *inside = attribute(kept, object, "inner");
  if (inside == NULL || compile(kept, object, layout) < 0) return -1;
  if (Py_IsNone(inside)) return 0;
  PyObject *deeper = attribute(kept, inside, "inner");
  if (deeper == NULL || compile(kept, inside, inner) < 0) return -1;
  layout->inner = inner;
  if (Py_IsNone(deeper)) return 0;
  PyErr_Format(PyExc_ValueError, "%R: expected an inner layout without one of its own", object);
  return -1;
}

static int compile_all(PyLayouts *self, PyObject *layouts) {
  size_t count = (size_t)PyTuple_Size(layouts);
  self->layouts = calloc(2 * count + 1, sizeof(Layout)); /* one more, so that none is empty */
  self->kept = PyList_New(0);
  if (self->layouts == NULL) PyErr_NoMemory();
  if (self->layouts == NULL || self->kept == NULL) return -1;
  for (size_t i = 0; i < count; i++) {
    PyObject *object = PyTuple_GetItem(layouts, (Py_ssize_t)i);
    if (compile_both(self->kept, object, &self->layouts[i], &self->layouts[count + i]) < 0) return -1;
  }
  self->count = count;
  return 0;
}

static PyObject *make(PyTypeObject *type, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"layouts", NULL};
  PyObject *sequence;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "O:Layouts", keywords, &sequence)) return NULL;
  PyObject *layouts = PySequence_Tuple(sequence);
  PyObject *self = layouts ? PyType_GenericNew(type, NULL, NULL) : NULL;
  if (self != NULL && compile_all((PyLayouts *)self, layouts) < 0) Py_CLEAR(self);
  Py_XDECREF(layouts);
  return self;
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_new, make},
    {0, NULL},
};

static PyType_Spec spec = {"native._native.Layouts", sizeof(PyLayouts), 0, Py_TPFLAGS_DEFAULT, slots};

int add_layouts(PyObject *module) { return add_type(module, &spec); }
