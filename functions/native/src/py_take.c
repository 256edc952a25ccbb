/* `_native.take`: what _native.pyi says. */
#include "py_envelopes.h"
#include "py_table.h"
#include "take.h"

enum { UNUSUAL = 1 };

/* The members of an envelope that matter; the first six are those of `kinesis` and of the envelope itself. */
enum { DATA, KEY, SEQUENCE, ARRIVED, ARN, EVENT_ID, HELD, BODY = HELD, NAMES };

static const char *const member_names[NAMES] = {
    [DATA] = "data",
    [KEY] = "partitionKey",
    [SEQUENCE] = "sequenceNumber",
    [ARRIVED] = "approximateArrivalTimestamp",
    [ARN] = "eventSourceARN",
    [EVENT_ID] = "eventID",
    [BODY] = "kinesis",
};

/* References that go back together. */
static void release(PyObject **objects, size_t count) {
  for (size_t i = 0; i < count; i++) Py_CLEAR(objects[i]);
}

static int member(PyObject *object, PyObject *name, PyObject **value) {
  int found = PyDict_GetItemRef(object, name, value);
  return found < 0 ? -1 : found ? 0 : UNUSUAL;
}

/* References to the members of an ordinary envelope into `held`; 0, 1 where it is none, or -1 with an exception set. */
static int hold(PyObject *envelope, PyObject *const *names, PyObject **held) {
  PyObject *body = NULL;
  if (!PyDict_CheckExact(envelope)) return UNUSUAL;
  int answer = member(envelope, names[BODY], &body);
  if (answer == 0 && !PyDict_CheckExact(body)) answer = UNUSUAL;
  for (int i = 0; answer == 0 && i < HELD; i++) answer = member(i < ARN ? body : envelope, names[i], &held[i]);
  Py_XDECREF(body);
  return answer;
}

/* 0, 1 where it is no text or one with single surrogates, or -1 with an exception set. */
static int text_of(PyObject *value, Span *span) {
  if (!PyUnicode_CheckExact(value)) return UNUSUAL;
  if (py_span(value, span) == 0) return 0;
  if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
  PyErr_Clear();
  return UNUSUAL;
}

static int seconds_of(PyObject *value, double *seconds) {
  if (!PyFloat_CheckExact(value) && !PyLong_CheckExact(value)) return UNUSUAL;
  *seconds = PyFloat_AsDouble(value);
  if (*seconds != -1.0 || !PyErr_Occurred()) return 0;
  if (!PyErr_ExceptionMatches(PyExc_OverflowError)) return -1;
  PyErr_Clear();
  return UNUSUAL;
}

static int read_held(PyObject *const *held, Envelope *envelope) {
  int answer = text_of(held[DATA], &envelope->data);
  if (answer == 0) answer = text_of(held[KEY], &envelope->key);
  if (answer == 0) answer = text_of(held[SEQUENCE], &envelope->sequence);
  if (answer == 0) answer = text_of(held[ARN], &envelope->arn);
  if (answer == 0) answer = text_of(held[EVENT_ID], &envelope->event_id);
  return answer == 0 ? seconds_of(held[ARRIVED], &envelope->arrived_at) : answer;
}

/* take_envelope, with the exception set. */
static int take_one(Taker *taker, const Envelope *envelope, Py_ssize_t origin) {
  int answer = take_envelope(taker, envelope, (size_t)origin);
  if (answer < 0) PyErr_NoMemory();
  return answer;
}

static int take_object(Taker *taker, PyObject *object, PyObject *const *names, Py_ssize_t origin) {
  PyObject *held[HELD] = {NULL};
  Envelope envelope;
  int answer = hold(object, names, held);
  if (answer == 0) answer = read_held(held, &envelope);
  if (answer == 0) answer = take_one(taker, &envelope, origin);
  release(held, HELD);
  return answer;
}

/* Each gives the place of the first record that was not taken, or the end; -1 with an exception set. */

static Py_ssize_t take_objects(Taker *taker, PyObject *envelopes, Py_ssize_t at, PyObject *const *names) {
  Py_ssize_t count = PySequence_Size(envelopes);
  for (int answer = 0; at < count; at++) {
    PyObject *object = PySequence_GetItem(envelopes, at);
    if (object == NULL) return -1;
    answer = take_object(taker, object, names, at);
    Py_DECREF(object);
    if (answer != 0) return answer < 0 ? -1 : at;
  }
  return count < 0 ? -1 : at;
}

static Py_ssize_t take_scanned(Taker *taker, const Envelopes *envelopes, Py_ssize_t at) {
  Envelope envelope;
  for (; at < (Py_ssize_t)envelopes->count; at++) {
    if (!envelopes_read(envelopes, (size_t)at, &envelope)) break;
    int answer = take_one(taker, &envelope, at);
    if (answer != 0) return answer < 0 ? -1 : at;
  }
  return at;
}

/* What the tables may expect of the records from `at` on. */
static void expect(const Taker *taker, PyObject *envelopes, Py_ssize_t at) {
  Py_ssize_t count = PySequence_Size(envelopes);
  if (count < 0) PyErr_Clear();
  taker_expect(taker, count > at ? (size_t)(count - at) : 0);
}

/* Put the event's own objects in the place of `names`, as it has one for each name: to look up a key that is the very
 * object takes no comparison of texts. */
static int adopt_names(PyObject *object, PyObject **names) {
  Py_ssize_t at = 0;
  PyObject *key, *value;
  if (!PyDict_CheckExact(object)) return 0;
  while (PyDict_Next(object, &at, &key, &value)) {
    for (int i = 0; PyUnicode_CheckExact(key) && i < NAMES; i++) {
      int differs = PyUnicode_Compare(key, names[i]);
      if (differs == -1 && PyErr_Occurred()) return -1;
      if (differs == 0) {
        Py_DECREF(names[i]);
        names[i] = Py_NewRef(key);
      }
    }
  }
  return 0;
}

/* The names of the members, as the first envelope has them: 0, or -1 with an exception set. */
static int make_names(PyObject *envelopes, PyObject **names) {
  for (int i = 0; i < NAMES; i++) {
    names[i] = PyUnicode_InternFromString(member_names[i]);
    if (names[i] == NULL) return -1;
  }
  PyObject *first = PySequence_Size(envelopes) > 0 ? PySequence_GetItem(envelopes, 0) : NULL;
  if (first == NULL) return PyErr_Occurred() ? -1 : 0;
  PyObject *body = NULL;
  int answer = adopt_names(first, names);
  if (answer == 0 && PyDict_CheckExact(first)) answer = PyDict_GetItemRef(first, names[BODY], &body) < 0 ? -1 : 0;
  if (answer == 0 && body != NULL) answer = adopt_names(body, names);
  Py_XDECREF(body);
  Py_DECREF(first);
  return answer;
}

static Py_ssize_t take_any(Taker *taker, PyObject *envelopes, Py_ssize_t at) {
  const Envelopes *scanned = py_envelopes(envelopes);
  if (scanned != NULL) return take_scanned(taker, scanned, at);
  PyObject *names[NAMES] = {NULL};
  Py_ssize_t answer = make_names(envelopes, names);
  if (answer == 0) answer = take_objects(taker, envelopes, at, names);
  release(names, NAMES);
  return answer;
}

/* A Taker for the tables in a tuple; 0, or -1 with an exception set. */
static int begin(Taker *taker, PyObject *tables, double share) {
  Table *table[2] = {NULL, NULL};
  Py_ssize_t count = PyTuple_Size(tables);
  if (count < 1 || count > 2) {
    PyErr_Format(PyExc_ValueError, "tables: expected the champion's, and perhaps a challenger's, got %zd", count);
    return -1;
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    table[i] = py_table(PyTuple_GetItem(tables, i));
    if (table[i] == NULL) return -1;
  }
  if (!(share >= 0 && share <= 1) || (share > 0 && count == 1)) {
    PyErr_SetString(PyExc_ValueError, "share: expected 0 to 1, and 0 without a challenger's table");
    return -1;
  }
  taker_init(taker, table[0], table[1], share);
  return 0;
}

static PyObject *take(PyObject *module, PyObject *arguments, PyObject *keyword_arguments) {
  static char *keywords[] = {"envelopes", "start", "tables", "share", NULL};
  PyObject *envelopes, *sequence;
  Py_ssize_t start, at = -1;
  double share;
  Taker taker;
  (void)module;
  if (!PyArg_ParseTupleAndKeywords(arguments, keyword_arguments, "OnOd:take", keywords, &envelopes, &start, &sequence,
                                   &share)) {
    return NULL;
  }
  if (start < 0) return PyErr_Format(PyExc_ValueError, "start: expected a place in the batch, got %zd", start);
  PyObject *tables = PySequence_Tuple(sequence);
  if (tables == NULL) return NULL;
  if (begin(&taker, tables, share) == 0) {
    expect(&taker, envelopes, start);
    at = take_any(&taker, envelopes, start);
    taker_free(&taker);
  }
  Py_DECREF(tables);
  return at < 0 ? NULL : PyLong_FromSsize_t(at);
}

static PyMethodDef functions[] = {
    {"take", (PyCFunction)(void (*)(void))take, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

int add_take(PyObject *module) { return PyModule_AddFunctions(module, functions); }
