/* `_native.Table`: as _native.pyi says. */
#include "py_table.h"

#include <stdlib.h>

#include "encode.h"
#include "py_messages.h"
#include "py_schema.h"

typedef struct {
  PyObject_HEAD Table table;
  PyObject *schema;
  Text model;    /* JSON text */
  bool odd_keys; /* some key has single surrogates, which UTF-8 cannot hold */
} PyTable;

static void dealloc(PyObject *self) {
  PyTable *it = (PyTable *)self;
  table_free(&it->table);
  text_free(&it->model);
  Py_XDECREF(it->schema);
  py_free(self);
}

Table *py_table(PyObject *object) {
  if (is_of(object, dealloc)) return &((PyTable *)object)->table;
  PyErr_Format(PyExc_TypeError, "expected a Table, got %R", Py_TYPE(object));
  return NULL;
}

static Table *of(PyObject *self) { return &((PyTable *)self)->table; }

static PyObject *make(PyTypeObject *type, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"schema", "model", NULL};
  PyObject *schema, *model;
  Span text;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "OU:Table", keywords, &schema, &model)) return NULL;
  const Schema *compiled = py_schema(schema);
  if (compiled == NULL || py_span(model, &text) < 0) return NULL;
  PyObject *self = PyType_GenericNew(type, NULL, NULL);
  if (self == NULL) return NULL;
  PyTable *it = (PyTable *)self;
  table_init(&it->table, compiled);
  it->schema = Py_NewRef(schema);
  if (text_append(&it->model, text) == 0) return self;
  Py_DECREF(self);
  return PyErr_NoMemory();
}

static PyObject *matrix(PyObject *self, PyObject *none) {
  (void)none;
  const Table *table = of(self);
  /* No overflow: so much memory is there already. */
  size_t size = table->rows * table->columns * sizeof(float);
  return PyByteArray_FromStringAndSize((const char *)table->matrix, (Py_ssize_t)size);
}

static int origin_of(Py_ssize_t origin, size_t *number) {
  *number = (size_t)origin;
  if (origin >= 0) return 0;
  PyErr_Format(PyExc_ValueError, "origin: expected a place in the batch, got %zd", origin);
  return -1;
}

/* Its arguments are read one by one: to parse them as a tuple would take as long as to decode the payload. */
static PyObject *add(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  enum { KEY, ID, SOURCE, PAYLOAD, ORIGIN, ARGUMENTS };
  PyObject *owner = NULL;
  Py_buffer payload;
  RowTexts texts = {0};
  size_t number;
  int answer = -1;
  if (count != ARGUMENTS || !PyUnicode_Check(arguments[KEY]) || !PyUnicode_Check(arguments[ID]) ||
      !PyUnicode_Check(arguments[SOURCE])) {
    return PyErr_Format(PyExc_TypeError, "add: expected three texts, a payload and a number");
  }
  Py_ssize_t origin = PyLong_AsSsize_t(arguments[ORIGIN]);
  if ((origin == -1 && PyErr_Occurred()) || PyObject_GetBuffer(arguments[PAYLOAD], &payload, PyBUF_SIMPLE) < 0) {
    return NULL;
  }
  if (origin_of(origin, &number) == 0 && py_span(arguments[ID], &texts.prediction_id) == 0 &&
      py_span(arguments[SOURCE], &texts.source) == 0 && py_any_span(arguments[KEY], &texts.key, &owner) == 0) {
    answer = table_add(of(self), texts, (Span){payload.buf, (size_t)payload.len}, number);
    if (answer < 0) PyErr_NoMemory();
    if (answer == 0 && owner != NULL) ((PyTable *)self)->odd_keys = true;
  }
  Py_XDECREF(owner);
  PyBuffer_Release(&payload);
  return answer < 0 ? NULL : PyBool_FromLong(answer == 0);
}

/* The event id in JSON, without the quotes, into `out`: 0, or -1 with an exception set. */
static int escaped(PyObject *event_id, Text *out) {
  Span text;
  PyObject *owner;
  if (py_any_span(event_id, &text, &owner) < 0) return -1;
  int answer = text_reserve(out, json_escaped_size(text));
  if (answer == 0) out->size = (size_t)(json_escape(out->at, text) - out->at);
  if (answer < 0) PyErr_NoMemory();
  Py_XDECREF(owner);
  return answer;
}

static int push(Table *table, const RowTexts *texts, const Py_buffer *row, size_t ignored, size_t origin) {
  if ((size_t)row->len != table->columns * sizeof(float)) {
    PyErr_Format(PyExc_ValueError, "row: expected %zu float32, got %zd bytes", table->columns, row->len);
    return -1;
  }
  float *next = table_next(table);
  if (next == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  if (row->len) memcpy(next, row->buf, (size_t)row->len);
  if (table_push(table, texts, ignored, origin) == 0) return 0;
  PyErr_NoMemory();
  return -1;
}

static PyObject *add_row(PyObject *self, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"key", "prediction_id", "source", "event_id", "row", "ignored", "origin", NULL};
  PyObject *key, *id, *source, *event_id, *owner = NULL;
  Py_buffer row;
  Py_ssize_t ignored, origin;
  RowTexts texts = {0};
  Text event = {0};
  size_t number;
  int answer = -1;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "UUUUy*nn:add_row", keywords, &key, &id, &source, &event_id, &row,
                                   &ignored, &origin)) {
    return NULL;
  }
  if (ignored < 0) {
    PyErr_Format(PyExc_ValueError, "ignored: expected a count, got %zd", ignored);
  } else if (origin_of(origin, &number) == 0 && py_span(id, &texts.prediction_id) == 0 &&
             py_span(source, &texts.source) == 0 && escaped(event_id, &event) == 0 &&
             py_any_span(key, &texts.key, &owner) == 0) {
    texts.event_id = (Span){event.at, event.size};
    answer = push(of(self), &texts, &row, (size_t)ignored, number);
    if (answer == 0 && owner != NULL) ((PyTable *)self)->odd_keys = true;
  }
  Py_XDECREF(owner);
  text_free(&event);
  PyBuffer_Release(&row);
  if (answer < 0) return NULL;
  Py_RETURN_NONE;
}

static PyObject *origin(PyObject *self, PyObject *row) {
  const Table *table = of(self);
  Py_ssize_t i = PyLong_AsSsize_t(row);
  if (i == -1 && PyErr_Occurred()) return NULL;
  if (i < 0 || (size_t)i >= table->rows) {
    PyErr_Format(PyExc_IndexError, "expected one of %zu rows, got %zd", table->rows, i);
    return NULL;
  }
  return PyLong_FromSize_t(table->row[i].origin);
}

/* The labels as members of a prediction, one after the other in `texts`, and where each begins; 0, or -1. */
static int render_labels(PyObject *labels, Text *texts, Span *spans) {
  const Span head = SPAN("\"label\":\""), tail = SPAN("\",");
  Py_ssize_t count = PyTuple_Size(labels);
  for (Py_ssize_t i = 0; i < count; i++) {
    Span label;
    PyObject *owner;
    if (py_any_span(PyTuple_GetItem(labels, i), &label, &owner) < 0) return -1;
    size_t start = texts->size, size = head.size + tail.size;
    bool fits = size_add(&size, json_escaped_size(label)) && text_reserve(texts, size) == 0;
    if (fits) {
      text_put(texts, head.at, head.size);
      texts->size = (size_t)(json_escape(texts->at + texts->size, label) - texts->at);
      text_put(texts, tail.at, tail.size);
    }
    Py_XDECREF(owner);
    if (!fits) {
      PyErr_NoMemory();
      return -1;
    }
    spans[i].size = texts->size - start;
  }
  size_t at = 0; /* only now does the buffer stay where it is */
  for (Py_ssize_t i = 0; i < count; at += spans[i++].size) spans[i].at = texts->at + at;
  return 0;
}

static int add_number(PyObject *list, size_t number) {
  PyObject *object = PyLong_FromSize_t(number);
  if (object == NULL) return -1;
  int answer = PyList_Append(list, object);
  Py_DECREF(object);
  return answer;
}

/* Encode all rows: the lists of those without finite scores and of those too large, or NULL and no message is added. */
static PyObject *encode_rows(const Table *table, const char *scores, size_t classes, const Encoding *encoding,
                             Messages *messages) {
  size_t count = messages->count, size = messages->texts.size;
  PyObject *not_finite = PyList_New(0), *too_large = PyList_New(0);
  int answer = not_finite && too_large ? 0 : -1;
  if (answer == 0 && encode_reserve(table, classes, encoding, messages) < 0) {
    PyErr_NoMemory();
    answer = -1;
  }
  for (size_t row = 0; answer == 0 && row < table->rows; row++) {
    switch (encode_row(table, row, scores + row * classes * sizeof(float), classes, encoding, messages)) {
      case ENCODED:
        break;
      case NOT_FINITE:
        answer = add_number(not_finite, row);
        break;
      case TOO_LARGE:
        answer = add_number(too_large, row);
        break;
      case NO_MEMORY:
        PyErr_NoMemory();
        answer = -1;
    }
  }
  if (answer == 0) return Py_BuildValue("(NN)", not_finite, too_large);
  Py_XDECREF(not_finite);
  Py_XDECREF(too_large);
  messages->count = count;
  messages->texts.size = size;
  return NULL;
}

/* What Table.encode was called with. */
typedef struct {
  Py_buffer scores;
  Py_ssize_t classes, limit;
  PyObject *labels, *threshold, *scored_at, *messages, *names;
  int with_keys;
} Request;

static int check(const PyTable *self, const Request *request) {
  const Table *table = &self->table;
  size_t rows = table->rows, classes = request->classes > 0 ? (size_t)request->classes : 0, size;
  if (classes == 0 || __builtin_mul_overflow(classes, sizeof(float), &size) ||
      __builtin_mul_overflow(rows, size, &size) || (size_t)request->scores.len != size) {
    PyErr_Format(PyExc_ValueError, "scores: expected %zu x %zd float32, got %zd bytes", rows, request->classes,
                 request->scores.len);
    return -1;
  }
  Py_ssize_t labels = PyTuple_Size(request->labels), least = classes > 1 ? request->classes : 2;
  if (labels != 0 && labels < least) {
    PyErr_Format(PyExc_ValueError, "labels: expected none or %zd, got %zd", least, labels);
    return -1;
  }
  Py_ssize_t names = PyTuple_Size(request->names);
  if (names != 0 && names != request->classes) {
    PyErr_Format(PyExc_ValueError, "names: expected none or %zd, got %zd", request->classes, names);
    return -1;
  }
  if (request->limit < 0) {
    PyErr_Format(PyExc_ValueError, "limit: expected a number of bytes, got %zd", request->limit);
    return -1;
  }
  if (request->with_keys && self->odd_keys) {
    PyErr_SetString(PyExc_ValueError, "expected keys in UTF-8, which has no single surrogates");
    return -1;
  }
  return 0;
}

/* The names of the scores, which are JSON already and live as long as the tuple. */
static int take_names(PyObject *names, Span *spans, Encoding *encoding) {
  Py_ssize_t count = PyTuple_Size(names);
  for (Py_ssize_t i = 0; i < count; i++) {
    if (py_span(PyTuple_GetItem(names, i), &spans[i]) < 0) return -1;
    if (!size_add(&encoding->names_size, spans[i].size)) {
      PyErr_NoMemory();
      return -1;
    }
  }
  encoding->names = count > 0 ? spans : NULL;
  return 0;
}

static PyObject *encode_request(const PyTable *self, const Request *request) {
  Messages *messages = py_messages(request->messages);
  Text labels = {0};
  Encoding encoding = {
      .model = {self->model.at, self->model.size},
      .label_count = (size_t)PyTuple_Size(request->labels),
      .has_threshold = !Py_IsNone(request->threshold),
      .limit = (size_t)request->limit,
      .with_keys = request->with_keys,
  };
  if (messages == NULL || check(self, request) < 0 || py_span(request->scored_at, &encoding.scored_at) < 0) return NULL;
  if (encoding.has_threshold) encoding.threshold = PyFloat_AsDouble(request->threshold);
  if (PyErr_Occurred()) return NULL;
  size_t name_count = (size_t)PyTuple_Size(request->names);
  Span *spans = calloc(encoding.label_count + name_count + 1, sizeof(Span));
  encoding.labels = spans;
  PyObject *answer = NULL;
  if (spans == NULL) {
    PyErr_NoMemory();
  } else if (take_names(request->names, spans + encoding.label_count, &encoding) == 0 &&
             render_labels(request->labels, &labels, spans) == 0) {
    answer = encode_rows(&self->table, request->scores.buf, (size_t)request->classes, &encoding, messages);
  }
  text_free(&labels);
  free(spans);
  return answer;
}

static PyObject *encode(PyObject *self, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"scores", "classes",   "labels",   "threshold", "scored_at",
                             "limit",  "with_keys", "messages", "names",     NULL};
  Request request;
  PyObject *labels, *score_names = NULL;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "y*nOOUnpO|O:encode", keywords, &request.scores, &request.classes,
                                   &labels, &request.threshold, &request.scored_at, &request.limit, &request.with_keys,
                                   &request.messages, &score_names)) {
    return NULL;
  }
  request.labels = PySequence_Tuple(labels);
  request.names = score_names ? PySequence_Tuple(score_names) : PyTuple_New(0);
  PyObject *answer = request.labels && request.names ? encode_request((PyTable *)self, &request) : NULL;
  Py_XDECREF(request.labels);
  Py_XDECREF(request.names);
  PyBuffer_Release(&request.scores);
  return answer;
}

/* The number of missing values in each column. */
static PyObject *missing(PyObject *self, PyObject *none) {
  (void)none;
  const Table *table = of(self);
  size_t *counts = PyMem_Calloc(table->columns + 1, sizeof *counts);
  if (counts == NULL) return PyErr_NoMemory();
  const float *value = table->matrix;
  for (size_t row = 0; row < table->rows; row++) {
    for (size_t column = 0; column < table->columns; column++, value++) counts[column] += *value != *value;
  }
  PyObject *answer = PyList_New((Py_ssize_t)table->columns);
  for (size_t column = 0; answer && column < table->columns; column++) {
    PyObject *count = PyLong_FromSize_t(counts[column]);
    if (count == NULL || PyList_SetItem(answer, (Py_ssize_t)column, count) < 0) Py_CLEAR(answer);
  }
  PyMem_Free(counts);
  return answer;
}

static PyObject *get_rows(PyObject *self, void *none) {
  (void)none;
  return PyLong_FromSize_t(of(self)->rows);
}

static PyObject *get_ignored_members(PyObject *self, void *none) {
  (void)none;
  return PyLong_FromUnsignedLongLong(of(self)->ignored);
}

static PyGetSetDef members[] = {
    {"rows", get_rows, NULL, NULL, NULL},
    {"ignored_members", get_ignored_members, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"matrix", matrix, METH_NOARGS, NULL},
    {"missing", missing, METH_NOARGS, NULL},
    {"add", (PyCFunction)(void (*)(void))add, METH_FASTCALL, NULL},
    {"add_row", (PyCFunction)(void (*)(void))add_row, METH_VARARGS | METH_KEYWORDS, NULL},
    {"origin", origin, METH_O, NULL},
    {"encode", (PyCFunction)(void (*)(void))encode, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc}, {Py_tp_new, make}, {Py_tp_methods, methods}, {Py_tp_getset, members}, {0, NULL},
};

static PyType_Spec spec = {"native._native.Table", sizeof(PyTable), 0, Py_TPFLAGS_DEFAULT, slots};

int add_table(PyObject *module) { return add_type(module, &spec); }
