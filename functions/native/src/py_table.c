/* `_native.Table`: as _native.pyi says. */
#include "py_table.h"

#include <stdlib.h>

#include "py_encode.h"
#include "py_schema.h"
#include "sha256.h"

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

static EventPlace whole_record(size_t origin) { return (EventPlace){origin, NO_INDEX, NO_INDEX}; }

/* Its arguments are read one by one: to parse them as a tuple would take as long as to decode the payload. */
static PyObject *add(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  enum { KEY, ID, SOURCE, PAYLOAD, ORIGIN, ARGUMENTS };
  PyObject *owner = NULL;
  Py_buffer payload;
  RowTexts texts = {0};
  size_t number;
  ScanResult result = SCAN_NO_MEMORY; /* an exception is set */
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
    result = table_add(of(self), texts, (Span){payload.buf, (size_t)payload.len}, whole_record(number));
    if (result == SCAN_NO_MEMORY) PyErr_NoMemory();
    if (result == SCAN_ROW && owner != NULL) ((PyTable *)self)->odd_keys = true;
  }
  Py_XDECREF(owner);
  PyBuffer_Release(&payload);
  if (result == SCAN_NO_MEMORY) return NULL;
  return result == SCAN_IGNORED ? Py_NewRef(Py_None) : PyBool_FromLong(result == SCAN_ROW);
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
  if (table_push(table, texts, ignored, whole_record(origin)) == 0) return 0;
  PyErr_NoMemory();
  return -1;
}

static PyObject *add_row(PyObject *self, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"key",     "prediction_id", "source",      "event_id", "row",
                             "ignored", "origin",        "passthrough", NULL};
  PyObject *key, *id, *source, *event_id, *passthrough = NULL, *owner = NULL;
  Py_buffer row;
  Py_ssize_t ignored, origin;
  RowTexts texts = {0};
  size_t number;
  int answer = -1;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "UUUUy*nn|U:add_row", keywords, &key, &id, &source, &event_id,
                                   &row, &ignored, &origin, &passthrough)) {
    return NULL;
  }
  if (ignored < 0) {
    PyErr_Format(PyExc_ValueError, "ignored: expected a count, got %zd", ignored);
  } else if (origin_of(origin, &number) == 0 && py_span(id, &texts.prediction_id) == 0 &&
             py_span(source, &texts.source) == 0 && py_span(event_id, &texts.event_id) == 0 &&
             (!passthrough || py_span(passthrough, &texts.passthrough) == 0) &&
             py_any_span(key, &texts.key, &owner) == 0) {
    answer = push(of(self), &texts, &row, (size_t)ignored, number);
    if (answer == 0 && owner != NULL) ((PyTable *)self)->odd_keys = true;
  }
  Py_XDECREF(owner);
  PyBuffer_Release(&row);
  if (answer < 0) return NULL;
  Py_RETURN_NONE;
}

/* The row of that number; NULL with an exception set. */
static const Row *row_of(PyObject *self, PyObject *number) {
  const Table *table = of(self);
  Py_ssize_t i = PyLong_AsSsize_t(number);
  if (i == -1 && PyErr_Occurred()) return NULL;
  if (i >= 0 && (size_t)i < table->rows) return &table->row[i];
  PyErr_Format(PyExc_IndexError, "expected one of %zu rows, got %zd", table->rows, i);
  return NULL;
}

static PyObject *origin(PyObject *self, PyObject *number) {
  const Row *row = row_of(self, number);
  return row ? PyLong_FromSize_t(row->place.origin) : NULL;
}

static PyObject *index_or_none(size_t index) {
  return index == NO_INDEX ? Py_NewRef(Py_None) : PyLong_FromSize_t(index);
}

static PyObject *subsequence_of(PyObject *self, PyObject *number) {
  const Row *row = row_of(self, number);
  return row ? index_or_none(row->place.subsequence) : NULL;
}

static PyObject *index_of(PyObject *self, PyObject *number) {
  const Row *row = row_of(self, number);
  return row ? index_or_none(row->place.index) : NULL;
}

static PyObject *ascii_text(Span text) { return PyUnicode_DecodeUTF8(text.at, (Py_ssize_t)text.size, NULL); }

static PyObject *texts_of(PyObject *self, PyObject *number) {
  const Row *row = row_of(self, number);
  if (row == NULL) return NULL;
  const Table *table = of(self);
  RowTexts texts = table_texts(table, (size_t)(row - table->row));
  return Py_BuildValue("(NNNN)", ascii_text(texts.prediction_id), ascii_text(texts.event_id), ascii_text(texts.source),
                       PyUnicode_DecodeUTF8(texts.key.at, (Py_ssize_t)texts.key.size, "surrogatepass"));
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

/* The first 32 bits of a hexadecimal id. */
static uint32_t first_bits(Span id) {
  uint32_t bits = 0;
  for (size_t i = 0; i < 8; i++) {
    char digit = i < id.size ? id.at[i] : '0';
    bits = bits << 4 | (uint32_t)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
  }
  return bits;
}

/* The second 32 bits of a key's digest: the first ones choose the challenger's keys. */
static uint32_t key_bits(Span key) {
  uint8_t digest[SHA256_DIGEST];
  sha256_finish(sha256_select(), sha256_initial, 0, (const uint8_t *)key.at, key.size, digest);
  return (uint32_t)digest[4] << 24 | (uint32_t)digest[5] << 16 | (uint32_t)digest[6] << 8 | digest[7];
}

/* The rows for which a number of 32 bits, as a fraction, is below `fraction`. */
static PyObject *below(PyObject *self, PyObject *fraction, bool by_key) {
  const Table *table = of(self);
  double share = PyFloat_AsDouble(fraction);
  if (PyErr_Occurred()) return NULL;
  PyObject *rows = PyList_New(0);
  for (size_t row = 0; rows && row < table->rows; row++) {
    RowTexts texts = table_texts(table, row);
    uint32_t bits = by_key ? key_bits(texts.key) : first_bits(texts.prediction_id);
    if ((double)bits >= share * 4294967296.0) continue;
    PyObject *number = PyLong_FromSize_t(row);
    if (number == NULL || PyList_Append(rows, number) < 0) Py_CLEAR(rows);
    Py_XDECREF(number);
  }
  return rows;
}

static PyObject *sampled(PyObject *self, PyObject *fraction) { return below(self, fraction, false); }

static PyObject *sampled_keys(PyObject *self, PyObject *fraction) { return below(self, fraction, true); }

static PyObject *get_rows(PyObject *self, void *none) {
  (void)none;
  return PyLong_FromSize_t(of(self)->rows);
}

static PyObject *get_ignored_members(PyObject *self, void *none) {
  (void)none;
  return PyLong_FromUnsignedLongLong(of(self)->ignored);
}

static PyObject *get_ignored_events(PyObject *self, void *none) {
  (void)none;
  return PyLong_FromUnsignedLongLong(of(self)->ignored_events);
}

static PyGetSetDef members[] = {
    {"rows", get_rows, NULL, NULL, NULL},
    {"ignored_members", get_ignored_members, NULL, NULL, NULL},
    {"ignored_events", get_ignored_events, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"matrix", matrix, METH_NOARGS, NULL},
    {"missing", missing, METH_NOARGS, NULL},
    {"sampled", sampled, METH_O, NULL},
    {"sampled_keys", sampled_keys, METH_O, NULL},
    {"add", (PyCFunction)(void (*)(void))add, METH_FASTCALL, NULL},
    {"add_row", (PyCFunction)(void (*)(void))add_row, METH_VARARGS | METH_KEYWORDS, NULL},
    {"origin", origin, METH_O, NULL},
    {"subsequence", subsequence_of, METH_O, NULL},
    {"index", index_of, METH_O, NULL},
    {"texts", texts_of, METH_O, NULL},
    {"encode", (PyCFunction)(void (*)(void))py_encode, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc}, {Py_tp_new, make}, {Py_tp_methods, methods}, {Py_tp_getset, members}, {0, NULL},
};

static PyType_Spec spec = {"native._native.Table", sizeof(PyTable), 0, Py_TPFLAGS_DEFAULT, slots};

int add_table(PyObject *module) { return add_type(module, &spec); }
