#include "py_spec.h"

#include <stdlib.h>

/* An array of zeros that lives as long as `kept`; one item more than wanted, so that none is empty. */
static void *room(PyObject *kept, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count + 1, size, &bytes) || bytes > PTRDIFF_MAX) return PyErr_NoMemory();
  PyObject *block = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)bytes);
  if (!block) return NULL;
  void *at = PyBytes_AsString(block);
  memset(at, 0, bytes);
  int failed = PyList_Append(kept, block);
  Py_DECREF(block);
  return failed ? NULL : at;
}

/* A text in UTF-8; a single surrogate, which no payload in UTF-8 holds, becomes three bytes. */
static int read_text(PyObject *kept, PyObject *text, Span *span) {
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

/* Reads one item into an array's place. */
typedef int (*Reader)(PyObject *kept, PyObject *item, void *place);

/* The items of a sequence, in an array: NULL with an exception set. */
static const void *read_all(PyObject *kept, PyObject *sequence, size_t size, Reader read, size_t *count) {
  PyObject *items = PySequence_Tuple(sequence);
  if (!items) return NULL;
  int failed = PyList_Append(kept, items); /* before anything refers to what it holds */
  Py_DECREF(items);
  *count = (size_t)PyTuple_Size(items);
  char *array = failed ? NULL : room(kept, *count, size);
  for (size_t i = 0; array && i < *count; i++) {
    if (read(kept, PyTuple_GetItem(items, (Py_ssize_t)i), array + i * size) < 0) return NULL;
  }
  return array;
}

static int read_token(PyObject *kept, PyObject *item, void *place) { return read_text(kept, item, place); }

static const Span *read_texts(PyObject *kept, PyObject *sequence, size_t *count) {
  return read_all(kept, sequence, sizeof(Span), read_token, count);
}

static int read_path(PyObject *kept, PyObject *tokens, Path *path) {
  path->tokens = read_texts(kept, tokens, &path->count);
  if (path->tokens && path->count == 0) PyErr_SetString(PyExc_ValueError, "expected at least one name in a path");
  return path->tokens && path->count ? 0 : -1;
}

static int expect_tuple(PyObject *item, const char *what) {
  if (PyTuple_Check(item)) return 0;
  PyErr_Format(PyExc_TypeError, "expected a tuple for each %s, got %R", what, item);
  return -1;
}

/* (kind, key, code), the key as bytes. */
static int read_scalar(PyObject *kept, PyObject *item, void *place) {
  (void)kept; /* the item's tuple is kept already */
  ScalarSpec *scalar = place;
  int kind;
  PyObject *key;
  unsigned int code;
  if (expect_tuple(item, "scalar") < 0 || !PyArg_ParseTuple(item, "iSI", &kind, &key, &code)) return -1;
  scalar->kind = (ScalarKind)kind;
  scalar->key = (Span){PyBytes_AsString(key), (size_t)PyBytes_Size(key)};
  scalar->code = code;
  if (kind >= 0 && kind < SCALAR_KINDS && (kind != SCALAR_DOUBLE || scalar->key.size == sizeof(double))) return 0;
  PyErr_Format(PyExc_ValueError, "expected a text, an integer or the 8 bytes of a double, got %R", item);
  return -1;
}

/* (scalars, code of false, of true, of null); a code that is not there is 2**32 - 1. */
static int read_scalars(PyObject *kept, PyObject *item, ScalarsSpec *spec) {
  PyObject *scalars;
  if (expect_tuple(item, "set of scalars") < 0 ||
      !PyArg_ParseTuple(item, "OIII", &scalars, &spec->words[0], &spec->words[1], &spec->words[2])) {
    return -1;
  }
  spec->scalars = read_all(kept, scalars, sizeof(ScalarSpec), read_scalar, &spec->count);
  return spec->scalars ? 0 : -1;
}

/* The place of a word among several: 0, or -1 with an exception set. */
static int read_word(const char *word, const char *const *words, int count, int *place) {
  for (*place = 0; *place < count; ++*place) {
    if (strcmp(word, words[*place]) == 0) return 0;
  }
  PyErr_Format(PyExc_ValueError, "expected one of the manifest's words, got %s", word);
  return -1;
}

static int read_float(PyObject *kept, PyObject *item, void *place) {
  (void)kept;
  float number = (float)PyFloat_AsDouble(item);
  memcpy(place, &number, sizeof number);
  return PyErr_Occurred() ? -1 : 0;
}

/* A feature as it comes, to be divided into the spec's arrays. */
typedef struct {
  Span name;
  size_t slot;
  FeatureSpec spec;
} GivenFeature;

/* (name, type, missing, accept_text, unknown_is_missing, slot, categories, missing_texts, missing_values) */
static int read_feature(PyObject *kept, PyObject *item, void *place) {
  static const char *const types[] = {"float", "int", "bool", "category"};
  GivenFeature *given = place;
  FeatureSpec *spec = &given->spec;
  PyObject *name, *categories, *missing_texts, *missing_values;
  const char *type;
  int missing, accept_text, unknown_is_missing, kind;
  Py_ssize_t slot;
  if (expect_tuple(item, "feature") < 0 ||
      !PyArg_ParseTuple(item, "UspppnOOO", &name, &type, &missing, &accept_text, &unknown_is_missing, &slot,
                        &categories, &missing_texts, &missing_values) ||
      read_word(type, types, 4, &kind) < 0 || read_text(kept, name, &given->name) < 0) {
    return -1;
  }
  given->slot = slot < 0 ? SIZE_MAX : (size_t)slot;
  spec->type = (FeatureType)kind;
  spec->missing = missing;
  spec->accept_text = accept_text;
  spec->unknown_is_missing = unknown_is_missing;
  if (read_scalars(kept, categories, &spec->categories) < 0) return -1;
  if (read_scalars(kept, missing_texts, &spec->missing_texts) < 0) return -1;
  spec->missing_values = read_all(kept, missing_values, sizeof(float), read_float, &spec->missing_value_count);
  return spec->missing_values ? 0 : -1;
}

/* (path, names) */
static int read_holder(PyObject *kept, PyObject *item, void *place) {
  HolderSpec *holder = place;
  PyObject *path, *names;
  if (expect_tuple(item, "object with features") < 0 || !PyArg_ParseTuple(item, "OO", &path, &names)) return -1;
  holder->path.tokens = read_texts(kept, path, &holder->path.count);
  if (holder->path.tokens) holder->names = read_texts(kept, names, &holder->count);
  return holder->names ? 0 : -1;
}

/* (path, scalars) */
static int read_rule(PyObject *kept, PyObject *item, void *place) {
  RuleSpec *rule = place;
  PyObject *path, *equals;
  if (expect_tuple(item, "rule") < 0 || !PyArg_ParseTuple(item, "OO", &path, &equals)) return -1;
  return read_path(kept, path, &rule->path) < 0 ? -1 : read_scalars(kept, equals, &rule->equals);
}

/* (path, name) */
static int read_passed(PyObject *kept, PyObject *item, void *place) {
  PassSpec *passed = place;
  PyObject *path, *name;
  if (expect_tuple(item, "member that passes through") < 0 || !PyArg_ParseTuple(item, "OU", &path, &name)) return -1;
  return read_path(kept, path, &passed->path) < 0 ? -1 : read_text(kept, name, &passed->name);
}

static int read_holders(PyObject *kept, PyObject *holders, SchemaSpec *spec, size_t *slots) {
  spec->holders = read_all(kept, holders, sizeof(HolderSpec), read_holder, &spec->holder_count);
  *slots = 0;
  for (size_t i = 0; spec->holders && i < spec->holder_count; i++) *slots += spec->holders[i].count;
  return spec->holders ? 0 : -1;
}

/* The features, each with a slot among those of the objects, where there are objects. */
static int read_features(PyObject *kept, PyObject *features, size_t slots, SchemaSpec *spec) {
  size_t count;
  const GivenFeature *given = read_all(kept, features, sizeof(GivenFeature), read_feature, &count);
  FeatureSpec *specs = given ? room(kept, count, sizeof *specs) : NULL;
  Span *names = specs ? room(kept, count, sizeof *names) : NULL;
  size_t *places = names ? room(kept, count, sizeof *places) : NULL;
  for (size_t i = 0; places && i < count; i++) {
    specs[i] = given[i].spec;
    names[i] = given[i].name;
    places[i] = given[i].slot;
    if (spec->format != FORMAT_JSON || places[i] < slots) continue;
    PyErr_Format(PyExc_ValueError, "slot: expected one of %zu, got %zd", slots, (Py_ssize_t)places[i]);
    return -1;
  }
  spec->features = specs;
  spec->names = names;
  spec->slots = places;
  spec->feature_count = count;
  return places ? 0 : -1;
}

int py_spec(PyObject *kept, PyObject *arguments, PyObject *keywords, SchemaSpec *spec) {
  static char *names[] = {"features", "holders", "event_id",    "integer_id",  "format", "unwrap",
                          "many",     "rules",   "passthrough", "optional_id", NULL};
  static const char *const formats[] = {"json", "csv", "vector", "open-inference"};
  static const char *const unwraps[] = {"none", "cloudevents", "eventbridge", "dms", "debezium", "dynamodb", "sns"};
  PyObject *features, *holders, *event_id = Py_None, *rules = NULL, *passed = NULL;
  const char *format = formats[0], *unwrap = unwraps[0];
  int integer_id = 0, many = 0, optional_id = 0, place;
  size_t slots;
  *spec = (SchemaSpec){0};
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|OpsspOOp", names, &features, &holders, &event_id,
                                   &integer_id, &format, &unwrap, &many, &rules, &passed, &optional_id)) {
    return -1;
  }
  spec->has_id = !Py_IsNone(event_id);
  spec->integer_id = integer_id;
  spec->optional_id = optional_id;
  spec->many = many;
  if (read_word(format, formats, FORMATS, &place) < 0) return -1;
  spec->format = (Format)place;
  if (read_word(unwrap, unwraps, UNWRAPS, &place) < 0) return -1;
  spec->unwrap = (Unwrap)place;
  if (spec->has_id && read_path(kept, event_id, &spec->event_id) < 0) return -1;
  if (read_holders(kept, holders, spec, &slots) < 0 || read_features(kept, features, slots, spec) < 0) return -1;
  if (rules && !(spec->rules = read_all(kept, rules, sizeof(RuleSpec), read_rule, &spec->rule_count))) return -1;
  if (passed && !(spec->passed = read_all(kept, passed, sizeof(PassSpec), read_passed, &spec->passed_count))) return -1;
  return 0;
}
