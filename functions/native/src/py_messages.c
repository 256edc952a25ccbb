/* `_native.Messages`: what _native.pyi says. */
#include "py_messages.h"

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

/* Sort `pending` into the lists of `lanes`, by the messages' keys. */
static int deal(PyObject *lanes, const Messages *messages, PyObject *pending) {
  Py_ssize_t count = PySequence_Size(pending);
  size_t number, width = (size_t)PyList_Size(lanes);
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *index = PySequence_GetItem(pending, i);
    int answer = index == NULL ? -1 : number_of(messages, index, &number);
    if (answer == 0) {
      PyObject *lane = PyList_GetItem(lanes, (Py_ssize_t)(message_hash(messages, number) % width));
      answer = lane == NULL ? -1 : PyList_Append(lane, index);
    }
    Py_XDECREF(index);
    if (answer < 0) return -1;
  }
  return count < 0 ? -1 : 0;
}

/* As many empty lists. */
static PyObject *empty_lanes(Py_ssize_t width) {
  PyObject *lanes = PyList_New(0);
  for (Py_ssize_t i = 0; lanes != NULL && i < width; i++) {
    PyObject *lane = PyList_New(0);
    if (lane == NULL || PyList_Append(lanes, lane) < 0) Py_CLEAR(lanes);
    Py_XDECREF(lane);
  }
  return lanes;
}

static int add_lanes(PyObject *dealt, const Limits *limits, PyObject *pending, Py_ssize_t width) {
  PyObject *lanes = empty_lanes(width);
  int answer = lanes == NULL ? -1 : deal(lanes, limits->messages, pending);
  for (Py_ssize_t i = 0; answer == 0 && i < width; i++) {
    PyObject *lane = PyList_GetItem(lanes, i);
    if (PyList_Size(lane) > 0) answer = add_lane(dealt, limits, lane);
  }
  Py_XDECREF(lanes);
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

/* The body of a PutRecords request for the messages whose numbers are in the tuple `indices`. It runs no code of
 * Python's, so that what was measured is what is written. */
static PyObject *put_entries(const Messages *messages, Span stream_arn, PyObject *indices) {
  const Span head = SPAN("{\"StreamARN\":\""), middle = SPAN("\",\"Records\":["), tail = SPAN("]}");
  Py_ssize_t count = PyTuple_Size(indices);
  size_t size = head.size + middle.size + tail.size, number;
  bool fits = size_add(&size, json_escaped_size(stream_arn));
  for (Py_ssize_t i = 0; i < count; i++) {
    if (number_of(messages, PyTuple_GetItem(indices, i), &number) < 0) return NULL;
    fits = fits && size_add(&size, entry_size(messages, number)) && size_add(&size, i > 0);
  }
  if (!fits || size > PTRDIFF_MAX) return PyErr_NoMemory();
  PyObject *body = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
  if (body == NULL) return NULL;
  Text out = {PyBytes_AsString(body), 0, size};
  text_put(&out, head.at, head.size);
  out.size = (size_t)(json_escape(out.at + out.size, stream_arn) - out.at);
  text_put(&out, middle.at, middle.size);
  for (Py_ssize_t i = 0; i < count; i++) {
    if (i) text_put(&out, ",", 1);
    number = PyLong_AsSize_t(PyTuple_GetItem(indices, i));
    out.size = (size_t)(entry_write(out.at + out.size, messages, number) - out.at);
  }
  text_put(&out, tail.at, tail.size);
  return body;
}

static PyObject *put_records(PyObject *self, PyObject *arguments, PyObject *names) {
  static char *keywords[] = {"stream_arn", "indices", NULL};
  PyObject *stream_arn, *sequence, *owner;
  Span arn;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "UO:put_records", keywords, &stream_arn, &sequence)) return NULL;
  PyObject *indices = PySequence_Tuple(sequence), *body = NULL;
  if (indices == NULL) return NULL;
  if (py_any_span(stream_arn, &arn, &owner) == 0) {
    body = put_entries(of(self), arn, indices);
    Py_XDECREF(owner);
  }
  Py_DECREF(indices);
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
