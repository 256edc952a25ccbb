#include "py_bundles.h"

#include <stdlib.h>

#include "bundles.h"
#include "py_numbers.h"
#include "py_put_body.h"

enum { MOST_RANGES = 256 };

/* The places of each bundle's messages, as a list of lists. */
static PyObject *places_of(const Bundles *bundles) {
  PyObject *all = PyList_New((Py_ssize_t)bundles->count);
  for (size_t i = 0; all != NULL && i < bundles->count; i++) {
    const Bundle *bundle = &bundles->bundle[i];
    PyObject *places = PyList_New((Py_ssize_t)(bundle->to - bundle->from));
    for (size_t at = bundle->from; places != NULL && at < bundle->to; at++) {
      PyObject *place = PyLong_FromUnsignedLong(bundles->order[at]);
      if (place == NULL || PyList_SetItem(places, (Py_ssize_t)(at - bundle->from), place) < 0) Py_CLEAR(places);
    }
    if (places == NULL || PyList_SetItem(all, (Py_ssize_t)i, places) < 0) Py_CLEAR(all);
  }
  return all;
}

/* Aggregates of messages, as entries of a PutRecords request. */
typedef struct {
  const Bundles *bundles;
  const Messages *messages;
  const uint32_t *numbers;
  const Bundling *how;
} Bundled;

static PutEntry bundled_entry(const void *from, size_t i) {
  const Bundled *all = from;
  return bundle_entry(all->bundles, i, all->messages, all->numbers, all->how);
}

static PyObject *body_of(const Bundles *bundles, const Messages *messages, const uint32_t *numbers, Span stream_arn,
                         const Bundling *how, PutForm form) {
  const Bundled from = {bundles, messages, numbers, how};
  return py_put_body(stream_arn, &(PutEntries){bundles->count, &from, bundled_entry}, form);
}

static PyObject *put(const Messages *messages, PyObject *pending, Span stream_arn, const Bundling *how, PutForm form) {
  size_t count = 0;
  uint32_t *numbers = py_numbers(messages, pending, &count);
  if (numbers == NULL) return NULL;
  Bundles bundles = {0};
  PyObject *body = NULL, *places = NULL;
  if (bundles_make(&bundles, messages, numbers, count, how) < 0) {
    PyErr_NoMemory();
  } else {
    body = body_of(&bundles, messages, numbers, stream_arn, how, form);
    places = body ? places_of(&bundles) : NULL;
  }
  bundles_free(&bundles);
  free(numbers);
  if (places != NULL) return Py_BuildValue("(NN)", body, places);
  Py_XDECREF(body);
  return NULL;
}

/* The hash keys in a tuple, which keeps them: 0, or -1 with an exception set. */
static int read_hash_keys(PyObject *tuple, Span spans[MOST_RANGES], Bundling *how) {
  Py_ssize_t count = PyTuple_Size(tuple);
  if (count < 1 || count > MOST_RANGES) {
    PyErr_Format(PyExc_ValueError, "hash_keys: expected 1 to %d, got %zd", MOST_RANGES, count);
    return -1;
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    if (py_span(PyTuple_GetItem(tuple, i), &spans[i]) < 0) return -1;
    if (json_plain(spans[i])) continue;
    PyErr_SetString(PyExc_ValueError, "hash_keys: expected decimal numbers");
    return -1;
  }
  how->hash_keys = spans;
  how->ranges = (size_t)count;
  return 0;
}

PyObject *py_put_aggregates(const Messages *messages, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"stream_arn", "indices", "hash_keys", "most_bytes", "overhead", "cbor", NULL};
  PyObject *stream_arn, *pending, *hash_keys, *owner = NULL, *answer = NULL;
  Py_ssize_t most_bytes, overhead;
  int cbor = 0;
  Span spans[MOST_RANGES], arn;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "UOO!nn|p:put_aggregates", keywords, &stream_arn, &pending,
                                   &PyTuple_Type, &hash_keys, &most_bytes, &overhead, &cbor)) {
    return NULL;
  }
  if (most_bytes < 0 || overhead < 0) {
    return PyErr_Format(PyExc_ValueError, "expected numbers of bytes, got %zd and %zd", most_bytes, overhead);
  }
  Bundling how = {.most_bytes = (size_t)most_bytes, .overhead = (size_t)overhead};
  if (read_hash_keys(hash_keys, spans, &how) == 0 && py_any_span(stream_arn, &arn, &owner) == 0) {
    answer = put(messages, pending, arn, &how, cbor ? PUT_CBOR : PUT_JSON);
    Py_XDECREF(owner);
  }
  return answer;
}
