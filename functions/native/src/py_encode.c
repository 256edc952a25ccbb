#include "py_encode.h"

#include <stdlib.h>

#include "encode.h"
#include "py_messages.h"

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

/* The attributions that come next: of which row, and their text. None are left: a row that is not there. */
typedef struct {
  PyObject *list;
  Py_ssize_t next;
  size_t row;
  Span text;
} Attributions;

static int next_attributions(Attributions *found) {
  found->row = SIZE_MAX;
  if (found->next == PyTuple_Size(found->list)) return 0;
  PyObject *text, *pair = PyTuple_GetItem(found->list, found->next++);
  Py_ssize_t row;
  if (!PyTuple_Check(pair)) {
    PyErr_SetString(PyExc_TypeError, "attributions: expected pairs of a row and a text");
    return -1;
  }
  if (!PyArg_ParseTuple(pair, "nU;attributions: expected pairs of a row and a text", &row, &text)) return -1;
  found->row = (size_t)row;
  return py_span(text, &found->text);
}

/* The message of one row, with attributions where it has some and they fit. */
static Encoded encode_one(const Table *table, size_t row, const void *scores, size_t classes, Encoding *encoding,
                          Span attributions, Messages *messages) {
  encoding->attributions = attributions;
  Encoded answer = encode_row(table, row, scores, classes, encoding, messages);
  if (answer != TOO_LARGE || attributions.size == 0) return answer;
  encoding->attributions = (Span){0};
  return encode_row(table, row, scores, classes, encoding, messages);
}

/* Encode all rows: the lists of those without finite scores and of those too large, or NULL and no message is added. */
static PyObject *encode_rows(const Table *table, const char *scores, size_t classes, Encoding *encoding,
                             Attributions *attributions, Messages *messages) {
  size_t count = messages->count, size = messages->texts.size;
  PyObject *not_finite = PyList_New(0), *too_large = PyList_New(0);
  int answer = not_finite && too_large ? 0 : -1;
  if (answer == 0 && encode_reserve(table, classes, encoding, messages) < 0) {
    PyErr_NoMemory();
    answer = -1;
  }
  if (answer == 0) answer = next_attributions(attributions);
  for (size_t row = 0; answer == 0 && row < table->rows; row++) {
    const bool explained = attributions->row == row;
    const Span text = explained ? attributions->text : (Span){0};
    Encoded encoded = encode_one(table, row, scores + row * classes * sizeof(float), classes, encoding, text, messages);
    if (explained && next_attributions(attributions) < 0) answer = -1;
    if (answer != 0) break;
    switch (encoded) {
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
  if (answer == 0 && attributions->row != SIZE_MAX) {
    PyErr_SetString(PyExc_ValueError, "attributions: expected rows of the table, ascending");
    answer = -1;
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
  PyObject *labels, *threshold, *scored_at, *messages, *names, *attributions;
  int with_keys, compact, key_inside;
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
      .compact = request->compact,
      .key_inside = request->key_inside,
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
    Attributions attributions = {.list = request->attributions};
    answer =
        encode_rows(&self->table, request->scores.buf, (size_t)request->classes, &encoding, &attributions, messages);
  }
  text_free(&labels);
  free(spans);
  return answer;
}

PyObject *py_encode(PyObject *self, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"scores",   "classes", "labels",  "threshold",     "scored_at",    "limit", "with_keys",
                             "messages", "names",   "compact", "partition_key", "attributions", NULL};
  Request request = {.compact = 0, .key_inside = 1};
  PyObject *labels, *score_names = NULL, *attributions = NULL;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "y*nOOUnpO|OppO:encode", keywords, &request.scores,
                                   &request.classes, &labels, &request.threshold, &request.scored_at, &request.limit,
                                   &request.with_keys, &request.messages, &score_names, &request.compact,
                                   &request.key_inside, &attributions)) {
    return NULL;
  }
  request.labels = PySequence_Tuple(labels);
  request.names = score_names ? PySequence_Tuple(score_names) : PyTuple_New(0);
  request.attributions = attributions ? PySequence_Tuple(attributions) : PyTuple_New(0);
  PyObject *answer =
      request.labels && request.names && request.attributions ? encode_request((PyTable *)self, &request) : NULL;
  Py_XDECREF(request.labels);
  Py_XDECREF(request.names);
  Py_XDECREF(request.attributions);
  PyBuffer_Release(&request.scores);
  return answer;
}
