#include "py_put_body.h"

PyObject *py_put_body(Span stream_arn, const PutEntries *entries) {
  const Span head = SPAN("{\"StreamARN\":\""), middle = SPAN("\",\"Records\":["), tail = SPAN("]}");
  size_t size = head.size + middle.size + tail.size;
  bool fits = size_add(&size, json_escaped_size(stream_arn));
  for (size_t i = 0; i < entries->count; i++) {
    fits = fits && size_add(&size, entries->size(entries->from, i)) && size_add(&size, i > 0);
  }
  if (!fits || size > PTRDIFF_MAX) return PyErr_NoMemory();
  PyObject *body = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
  if (body == NULL) return NULL;
  Text out = {PyBytes_AsString(body), 0, size};
  text_put(&out, head.at, head.size);
  out.size = (size_t)(json_escape(out.at + out.size, stream_arn) - out.at);
  text_put(&out, middle.at, middle.size);
  for (size_t i = 0; i < entries->count; i++) {
    if (i) text_put(&out, ",", 1);
    out.size = (size_t)(entries->write(out.at + out.size, entries->from, i) - out.at);
  }
  text_put(&out, tail.at, tail.size);
  return body;
}
