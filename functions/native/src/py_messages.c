/* `_native.Messages`: what _native.pyi says. */
#include "py_messages.h"

#include <stdlib.h>

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

/* The message's number under `index`, which is an int: 0, or -1 with an exception set. */
static int number_of(const Messages *messages, PyObject *index, size_t *number) {
  Py_ssize_t value = PyLong_AsSsize_t(index);
  if (value == -1 && PyErr_Occurred()) return -1;
  if (value < 0 || (size_t)value >= messages->count) {
    PyErr_Format(PyExc_IndexError, "expected the numbers of %zu messages, got %zd", messages->count, value);
    return -1;
  }
  *number = (size_t)value;
  return 0;
}

/* Where `pending` is a range of step 1 within the messages, its start; else -1, without an exception. */
static Py_ssize_t plain_range(const Messages *messages, PyObject *pending, Py_ssize_t length_of) {
  if (!PyRange_Check(pending) || length_of < 1) return -1;
  PyObject *step = PyObject_GetAttrString(pending, "step"), *start = PyObject_GetAttrString(pending, "start");
  Py_ssize_t by = step ? PyLong_AsSsize_t(step) : -1, first = start ? PyLong_AsSsize_t(start) : -1;
  Py_XDECREF(step);
  Py_XDECREF(start);
  PyErr_Clear();
  bool inside = by == 1 && first >= 0 && length_of <= (Py_ssize_t)messages->count &&
                first <= (Py_ssize_t)messages->count - length_of;
  return inside ? first : -1;
}

/* The number of the message at `place` of `pending`; `first` is what plain_range said. */
static int pending_at(const Messages *messages, PyObject *pending, Py_ssize_t first, Py_ssize_t place, size_t *number) {
  if (first >= 0) {
    *number = (size_t)(first + place);
    return 0;
  }
  PyObject *index = PySequence_GetItem(pending, place);
  if (index == NULL) return -1;
  int answer = number_of(messages, index, number);
  Py_DECREF(index);
  return answer;
}

static int add_slice(PyObject *calls, PyObject *pending, Py_ssize_t from, Py_ssize_t to) {
  PyObject *call = PySequence_GetSlice(pending, from, to);
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

static int add_calls(PyObject *calls, const Limits *limits, PyObject *pending) {
  const Messages *messages = limits->messages;
  Py_ssize_t count = PySequence_Size(pending), from = 0;
  if (count < 0) return -1;
  Py_ssize_t first = plain_range(messages, pending, count);
  size_t total = 0, number;
  for (Py_ssize_t i = 0; i < count; i++) {
    if (pending_at(messages, pending, first, i, &number) < 0) return -1;
    size_t more = message_size(messages, number, limits->with_keys);
    if (begins_call((size_t)(i - from), total, more, limits->most, limits->most_bytes)) {
      if (add_slice(calls, pending, from, i) < 0) return -1;
      from = i;
      total = 0;
    }
    total += more;
  }
  return count > from ? add_slice(calls, pending, from, count) : 0;
}

/* Add the lane of `pending`, as the list of its calls. */
static int add_lane(PyObject *dealt, const Limits *limits, PyObject *pending) {
  PyObject *calls = PyList_New(0);
  int answer = calls == NULL ? -1 : add_calls(calls, limits, pending);
  if (answer == 0) answer = PyList_Append(dealt, calls);
  Py_XDECREF(calls);
  return answer;
}

/* Numbers of messages, and the lane of each. */
typedef struct {
  uint32_t *number, *lane;
  size_t *ends; /* of each lane: how many numbers there are up to its end */
} Deal;

static void deal_free(Deal *deal) {
  free(deal->number);
  free(deal->lane);
  free(deal->ends);
}

/* Find the lane of each message of `pending`, by its key: 0, or -1 with an exception set. */
static int find_lanes(Deal *deal, const Messages *messages, PyObject *pending, Py_ssize_t count, size_t width) {
  Py_ssize_t first = plain_range(messages, pending, count);
  size_t number;
  for (Py_ssize_t i = 0; i < count; i++) {
    if (pending_at(messages, pending, first, i, &number) < 0) return -1;
    deal->number[i] = (uint32_t)number;
    deal->lane[i] = messages->message[number].key_hash % (uint32_t)width;
    deal->ends[deal->lane[i]]++;
  }
  for (size_t lane = 1; lane < width; lane++) deal->ends[lane] += deal->ends[lane - 1];
  return 0;
}

/* The numbers sorted by lane, in each lane as they were: a view of 32-bit integers, or NULL with an exception set. */
static PyObject *sorted_by_lane(const Deal *deal, size_t count) {
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(uint32_t)));
  if (bytes == NULL) return NULL;
  uint32_t *sorted = (uint32_t *)(void *)PyBytes_AsString(bytes);
  for (size_t i = count; i-- > 0;) sorted[--deal->ends[deal->lane[i]]] = deal->number[i]; /* ends become beginnings */
  PyObject *view = PyMemoryView_FromObject(bytes), *numbers = NULL;
  if (view != NULL) numbers = PyObject_CallMethod(view, "cast", "s", "I");
  Py_XDECREF(view);
  Py_DECREF(bytes);
  return numbers;
}

static int add_dealt(PyObject *dealt, const Limits *limits, const Deal *deal, size_t count, size_t width) {
  PyObject *numbers = sorted_by_lane(deal, count);
  int answer = numbers == NULL ? -1 : 0;
  for (size_t lane = 0; answer == 0 && lane < width; lane++) {
    size_t from = deal->ends[lane], to = lane + 1 < width ? deal->ends[lane + 1] : count;
    if (from == to) continue;
    PyObject *slice = PySequence_GetSlice(numbers, (Py_ssize_t)from, (Py_ssize_t)to);
    answer = slice == NULL ? -1 : add_lane(dealt, limits, slice);
    Py_XDECREF(slice);
  }
  Py_XDECREF(numbers);
  return answer;
}

static int add_lanes(PyObject *dealt, const Limits *limits, PyObject *pending, Py_ssize_t lanes) {
  Py_ssize_t count = PySequence_Size(pending);
  if (count < 0) return -1;
  size_t size = (size_t)count, width = (size_t)lanes;
  Deal deal = {calloc(size + 1, sizeof(uint32_t)), calloc(size + 1, sizeof(uint32_t)), calloc(width, sizeof(size_t))};
  int answer = -1;
  if (deal.number == NULL || deal.lane == NULL || deal.ends == NULL) {
    PyErr_NoMemory();
  } else if (find_lanes(&deal, limits->messages, pending, count, width) == 0) {
    answer = add_dealt(dealt, limits, &deal, size, width);
  }
  deal_free(&deal);
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
  PyObject *dealt = PyList_New(0);
  if (dealt == NULL) return NULL;
  /* A single lane keeps what it was given: slices of a range are cheap. */
  if ((lanes == 1 ? add_lane(dealt, &limits, pending) : add_lanes(dealt, &limits, pending, lanes)) < 0) Py_CLEAR(dealt);
  return dealt;
}

/* The body of a PutRecords request for the messages of these numbers. */
static PyObject *put_entries(const Messages *messages, Span stream_arn, const uint32_t *numbers, size_t count) {
  const Span head = SPAN("{\"StreamARN\":\""), middle = SPAN("\",\"Records\":["), tail = SPAN("]}");
  size_t size = head.size + middle.size + tail.size;
  bool fits = size_add(&size, json_escaped_size(stream_arn));
  for (size_t i = 0; i < count; i++) {
    fits = fits && size_add(&size, entry_size(messages, numbers[i])) && size_add(&size, i > 0);
  }
  if (!fits || size > PTRDIFF_MAX) return PyErr_NoMemory();
  PyObject *body = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
  if (body == NULL) return NULL;
  Text out = {PyBytes_AsString(body), 0, size};
  text_put(&out, head.at, head.size);
  out.size = (size_t)(json_escape(out.at + out.size, stream_arn) - out.at);
  text_put(&out, middle.at, middle.size);
  for (size_t i = 0; i < count; i++) {
    if (i) text_put(&out, ",", 1);
    if (i + 1 < count) message_prefetch(messages, numbers[i + 1]); /* a lane's messages do not lie side by side */
    out.size = (size_t)(entry_write(out.at + out.size, messages, numbers[i]) - out.at);
  }
  text_put(&out, tail.at, tail.size);
  return body;
}

/* Whether `indices` is a call that `cut` made; then its numbers are read straight from its buffer. */
static bool copy_numbers(PyObject *indices, uint32_t *numbers, Py_ssize_t count) {
  Py_buffer view;
  if (!PyMemoryView_Check(indices) || PyObject_GetBuffer(indices, &view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) < 0) {
    PyErr_Clear();
    return false;
  }
  bool fits = strcmp(view.format, "I") == 0 && view.len == count * (Py_ssize_t)sizeof *numbers;
  if (fits) memcpy(numbers, view.buf, (size_t)view.len);
  PyBuffer_Release(&view);
  return fits;
}

/* As number_of, of numbers that were copied. */
static int check_numbers(const Messages *messages, const uint32_t *numbers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (numbers[i] >= messages->count) {
      PyErr_Format(PyExc_IndexError, "expected the numbers of %zu messages, got %zu", messages->count,
                   (size_t)numbers[i]);
      return -1;
    }
  }
  return 0;
}

/* Read the numbers in `indices`: 0, or -1 with an exception set. */
static int read_numbers(const Messages *messages, PyObject *indices, uint32_t *numbers, Py_ssize_t count) {
  if (copy_numbers(indices, numbers, count)) return check_numbers(messages, numbers, (size_t)count);
  Py_ssize_t first = plain_range(messages, indices, count);
  size_t number;
  for (Py_ssize_t i = 0; i < count; i++) {
    if (pending_at(messages, indices, first, i, &number) < 0) return -1;
    numbers[i] = (uint32_t)number;
  }
  return 0;
}

/* The numbers in `indices`, all of messages that are there: to be freed, or NULL with an exception set. */
static uint32_t *numbers_of(const Messages *messages, PyObject *indices, size_t *count) {
  Py_ssize_t size = PySequence_Size(indices);
  uint32_t *numbers = size < 0 ? NULL : calloc((size_t)size + 1, sizeof *numbers);
  if (numbers == NULL) return size < 0 ? NULL : (uint32_t *)PyErr_NoMemory();
  if (read_numbers(messages, indices, numbers, size) < 0) {
    free(numbers);
    return NULL;
  }
  *count = (size_t)size;
  return numbers;
}

static PyObject *put_records(PyObject *self, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"stream_arn", "indices", NULL};
  PyObject *stream_arn, *sequence, *owner;
  Span arn;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "UO:put_records", keywords, &stream_arn, &sequence)) return NULL;
  size_t count = 0;
  uint32_t *numbers = numbers_of(of(self), sequence, &count);
  PyObject *body = NULL;
  if (numbers != NULL && py_any_span(stream_arn, &arn, &owner) == 0) {
    body = put_entries(of(self), arn, numbers, count);
    Py_XDECREF(owner);
  }
  free(numbers);
  return body;
}

static PyMethodDef methods[] = {
    {"append", append, METH_VARARGS, NULL},
    {"cut", (PyCFunction)(void (*)(void))cut, METH_VARARGS | METH_KEYWORDS, NULL},
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
