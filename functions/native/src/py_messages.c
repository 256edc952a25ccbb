/* `_native.Messages`: what _native.pyi says. */
#include "py_messages.h"

#include <stdlib.h>

#include "py_bundles.h"
#include "py_numbers.h"
#include "py_put_body.h"

typedef struct {
  PyObject_HEAD Messages messages;
} PyMessages;

static void dealloc(PyObject *self) {
  messages_free(&((PyMessages *)self)->messages);
  py_free(self);
}

Messages *py_messages(PyObject *object) {
  if (is_of(object, dealloc)) return &((PyMessages *)object)->messages;
  PyErr_Format(PyExc_TypeError, "expected Messages, got %R", Py_TYPE(object));
  return NULL;
}

static Messages *of(PyObject *self) { return &((PyMessages *)self)->messages; }

static Py_ssize_t length(PyObject *self) { return (Py_ssize_t)of(self)->count; }

static PyObject *item(PyObject *self, Py_ssize_t index) {
  const Messages *messages = of(self);
  if (index < 0 || (size_t)index >= messages->count) {
    PyErr_Format(PyExc_IndexError, "expected one of %zu messages, got %zd", messages->count, index);
    return NULL;
  }
  Span key = message_key(messages, (size_t)index), body = message_body(messages, (size_t)index);
  PyObject *text = PyUnicode_DecodeUTF8(key.at, (Py_ssize_t)key.size, "surrogatepass");
  return text ? Py_BuildValue("(NN)", text, PyBytes_FromStringAndSize(body.at, (Py_ssize_t)body.size)) : NULL;
}

static PyObject *append(PyObject *self, PyObject *arguments) {
  PyObject *key, *owner;
  Py_buffer body;
  Span text;
  if (!PyArg_ParseTuple(arguments, "Uy*:append", &key, &body)) return NULL;
  int answer = py_any_span(key, &text, &owner);
  if (answer == 0) {
    Text *out = &of(self)->texts;
    size_t at = out->size, size = text.size;
    bool fits = size_add(&size, (size_t)body.len) && text_reserve(out, size) == 0;
    if (fits) {
      text_put(out, text.at, text.size);
      text_put(out, body.buf, (size_t)body.len);
    }
    if (!fits || messages_push(of(self), at, text.size) < 0) {
      out->size = at;
      PyErr_NoMemory();
      answer = -1;
    }
  }
  Py_XDECREF(owner);
  PyBuffer_Release(&body);
  if (answer < 0) return NULL;
  Py_RETURN_NONE;
}

static int add_slice(PyObject *calls, PyObject *pending, size_t from, size_t to) {
  PyObject *call = PySequence_GetSlice(pending, (Py_ssize_t)from, (Py_ssize_t)to);
  if (call == NULL) return -1;
  int answer = PyList_Append(calls, call);
  Py_DECREF(call);
  return answer;
}

/* What Messages.cut was called with. */
typedef struct {
  const Messages *messages;
  size_t most, most_bytes;
  bool with_keys;
} Limits;

static int add_calls(PyObject *calls, const Limits *limits, PyObject *pending, const uint32_t *numbers, size_t count) {
  size_t from = 0, total = 0;
  for (size_t i = 0; i < count; i++) {
    size_t more = message_size(limits->messages, numbers[i], limits->with_keys);
    if (begins_call(i - from, total, more, limits->most, limits->most_bytes)) {
      if (add_slice(calls, pending, from, i) < 0) return -1;
      from = i;
      total = 0;
    }
    total += more;
  }
  return count > from ? add_slice(calls, pending, from, count) : 0;
}

/* Add the lane of `pending`, whose numbers are these, as the list of its calls. */
static int add_lane(PyObject *dealt, const Limits *limits, PyObject *pending, const uint32_t *numbers, size_t count) {
  PyObject *calls = PyList_New(0);
  int answer = calls == NULL ? -1 : add_calls(calls, limits, pending, numbers, count);
  if (answer == 0) answer = PyList_Append(dealt, calls);
  Py_XDECREF(calls);
  return answer;
}

/* Where each lane ends in the sorted numbers, and the lane of each number. */
typedef struct {
  uint32_t *lane;
  size_t *ends;
} Deal;

/* Find the lane of each message, by its key. */
static void find_lanes(Deal *deal, const Messages *messages, const uint32_t *numbers, size_t count, size_t width) {
  for (size_t i = 0; i < count; i++) {
    deal->lane[i] = (uint32_t)(messages->message[numbers[i]].key_hash % width);
    deal->ends[deal->lane[i]]++;
  }
  for (size_t lane = 1; lane < width; lane++) deal->ends[lane] += deal->ends[lane - 1];
}

/* The numbers sorted by lane, in each lane as they were: a view of 32-bit integers, which owns what `*sorted` points to,
 * or NULL with an exception set. Of each lane the end becomes the beginning. */
static PyObject *sorted_by_lane(const Deal *deal, const uint32_t *numbers, size_t count, const uint32_t **sorted) {
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof *numbers));
  if (bytes == NULL) return NULL;
  uint32_t *out = (uint32_t *)(void *)PyBytes_AsString(bytes);
  for (size_t i = count; i-- > 0;) out[--deal->ends[deal->lane[i]]] = numbers[i];
  *sorted = out;
  PyObject *view = PyMemoryView_FromObject(bytes), *typed = NULL;
  if (view != NULL) typed = PyObject_CallMethod(view, "cast", "s", "I");
  Py_XDECREF(view);
  Py_DECREF(bytes);
  return typed;
}

static int add_dealt(PyObject *dealt, const Limits *limits, const Deal *deal, const uint32_t *numbers, size_t count,
                     size_t width) {
  const uint32_t *sorted = NULL;
  PyObject *view = sorted_by_lane(deal, numbers, count, &sorted);
  int answer = view == NULL ? -1 : 0;
  for (size_t lane = 0; answer == 0 && lane < width; lane++) {
    size_t from = deal->ends[lane], to = lane + 1 < width ? deal->ends[lane + 1] : count;
    if (from == to) continue;
    PyObject *slice = PySequence_GetSlice(view, (Py_ssize_t)from, (Py_ssize_t)to);
    answer = slice == NULL ? -1 : add_lane(dealt, limits, slice, sorted + from, to - from);
    Py_XDECREF(slice);
  }
  Py_XDECREF(view);
  return answer;
}

static int add_lanes(PyObject *dealt, const Limits *limits, const uint32_t *numbers, size_t count, size_t width) {
  Deal deal = {calloc(count + 1, sizeof(uint32_t)), calloc(width, sizeof(size_t))};
  int answer = -1;
  if (deal.lane == NULL || deal.ends == NULL) {
    PyErr_NoMemory();
  } else {
    find_lanes(&deal, limits->messages, numbers, count, width);
    answer = add_dealt(dealt, limits, &deal, numbers, count, width);
  }
  free(deal.lane);
  free(deal.ends);
  return answer;
}

static PyObject *cut(PyObject *self, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"pending", "most", "most_bytes", "with_keys", "lanes", NULL};
  PyObject *pending;
  Py_ssize_t most, most_bytes, lanes = 1;
  int with_keys;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "Onnp|n:cut", keywords, &pending, &most, &most_bytes, &with_keys,
                                   &lanes)) {
    return NULL;
  }
  if (most < 1 || most_bytes < 0 || lanes < 1) {
    PyErr_Format(PyExc_ValueError, "expected 1 message a call and 1 lane at least, got %zd of %zd bytes and %zd", most,
                 most_bytes, lanes);
    return NULL;
  }
  Limits limits = {of(self), (size_t)most, (size_t)most_bytes, with_keys};
  size_t count = 0;
  uint32_t *numbers = py_numbers(limits.messages, pending, &count);
  if (numbers == NULL) return NULL;
  PyObject *dealt = PyList_New(0);
  if (dealt != NULL) {
    /* A single lane keeps what it was given: slices of a range are cheap. */
    int answer = lanes == 1 ? add_lane(dealt, &limits, pending, numbers, count)
                            : add_lanes(dealt, &limits, numbers, count, (size_t)lanes);
    if (answer < 0) Py_CLEAR(dealt);
  }
  free(numbers);
  return dealt;
}

/* The messages of these numbers, as entries of a PutRecords request. */
typedef struct {
  const Messages *messages;
  const uint32_t *numbers;
  size_t count;
} Numbered;

static PutEntry numbered_entry(const void *from, size_t i) {
  const Numbered *all = from;
  /* A lane's messages are not adjacent. */
  if (i + 1 < all->count) message_prefetch(all->messages, all->numbers[i + 1]);
  return message_entry(all->messages, all->numbers[i]);
}

static PyObject *put_records(PyObject *self, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"stream_arn", "indices", "cbor", NULL};
  PyObject *stream_arn, *sequence, *owner;
  Span arn;
  int cbor = 0;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "UO|p:put_records", keywords, &stream_arn, &sequence, &cbor)) {
    return NULL;
  }
  size_t count = 0;
  uint32_t *numbers = py_numbers(of(self), sequence, &count);
  PyObject *body = NULL;
  if (numbers != NULL && py_any_span(stream_arn, &arn, &owner) == 0) {
    const Numbered from = {of(self), numbers, count};
    body = py_put_body(arn, &(PutEntries){count, &from, numbered_entry}, cbor ? PUT_CBOR : PUT_JSON);
    Py_XDECREF(owner);
  }
  free(numbers);
  return body;
}

static PyObject *put_aggregates(PyObject *self, PyObject *arguments, PyObject *names) {
  return py_put_aggregates(of(self), arguments, names);
}

static PyMethodDef methods[] = {
    {"append", append, METH_VARARGS, NULL},
    {"cut", (PyCFunction)(void (*)(void))cut, METH_VARARGS | METH_KEYWORDS, NULL},
    {"put_aggregates", (PyCFunction)(void (*)(void))put_aggregates, METH_VARARGS | METH_KEYWORDS, NULL},
    {"put_records", (PyCFunction)(void (*)(void))put_records, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc}, {Py_tp_new, PyType_GenericNew},
    {Py_tp_methods, methods}, {Py_sq_length, length},
    {Py_sq_item, item},       {0, NULL},
};

static PyType_Spec spec = {"native._native.Messages", sizeof(PyMessages), 0, Py_TPFLAGS_DEFAULT, slots};

int add_messages(PyObject *module) { return add_type(module, &spec); }
