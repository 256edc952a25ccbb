#include "py_numbers.h"

#include <stdlib.h>

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

/* Whether `pending` is a call that `cut` made; then its numbers are read straight from its buffer. */
static bool copy_numbers(PyObject *pending, uint32_t *numbers, Py_ssize_t count) {
  Py_buffer view;
  if (!PyMemoryView_Check(pending) || PyObject_GetBuffer(pending, &view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) < 0) {
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

/* Read the numbers in `pending`: 0, or -1 with an exception set. */
static int read_numbers(const Messages *messages, PyObject *pending, uint32_t *numbers, Py_ssize_t count) {
  if (copy_numbers(pending, numbers, count)) return check_numbers(messages, numbers, (size_t)count);
  Py_ssize_t first = plain_range(messages, pending, count);
  size_t number;
  for (Py_ssize_t i = 0; i < count; i++) {
    if (pending_at(messages, pending, first, i, &number) < 0) return -1;
    numbers[i] = (uint32_t)number;
  }
  return 0;
}

uint32_t *py_numbers(const Messages *messages, PyObject *pending, size_t *count) {
  Py_ssize_t size = PySequence_Size(pending);
  uint32_t *numbers = size < 0 ? NULL : calloc((size_t)size + 1, sizeof *numbers);
  if (numbers == NULL) return size < 0 ? NULL : (uint32_t *)PyErr_NoMemory();
  if (read_numbers(messages, pending, numbers, size) < 0) {
    free(numbers);
    return NULL;
  }
  *count = (size_t)size;
  return numbers;
}
