#include "py_put_body.h"

#include "cbor.h"

static const Span arn_name = SPAN("StreamARN"), records_name = SPAN("Records");

static const Span json_head = SPAN("{\"StreamARN\":\""), json_middle = SPAN("\",\"Records\":["), json_tail = SPAN("]}");

/* What is before the entries, between two and behind them. */
static size_t frame_size(Span stream_arn, size_t count, PutForm form) {
  size_t size = form == PUT_CBOR ? 1 + cbor_text_size(arn_name) + cbor_text_size(records_name) + 2 * CBOR_MOST_HEAD
                                 : json_head.size + json_middle.size + json_tail.size;
  bool fits = form == PUT_CBOR ? size_add(&size, stream_arn.size)
                               : size_add(&size, json_escaped_size(stream_arn)) && size_add(&size, count);
  if (!fits) return SIZE_MAX;
  if (form == PUT_CBOR) return size - 2 * CBOR_MOST_HEAD + cbor_head_size(stream_arn.size) + cbor_head_size(count);
  return count > 0 ? size - 1 : size;
}

static char *head_write(char *out, Span stream_arn, size_t count, PutForm form) {
  if (form == PUT_CBOR) {
    out = cbor_string(cbor_head(out, CBOR_MAP, 2), CBOR_TEXT, arn_name);
    out = cbor_string(cbor_string(out, CBOR_TEXT, stream_arn), CBOR_TEXT, records_name);
    return cbor_head(out, CBOR_ARRAY, count);
  }
  memcpy(out, json_head.at, json_head.size);
  out = json_escape(out + json_head.size, stream_arn);
  memcpy(out, json_middle.at, json_middle.size);
  return out + json_middle.size;
}

PyObject *py_put_body(Span stream_arn, const PutEntries *entries, PutForm form) {
  size_t size = frame_size(stream_arn, entries->count, form);
  bool fits = size != SIZE_MAX;
  for (size_t i = 0; fits && i < entries->count; i++) {
    PutEntry entry = entries->entry(entries->from, i);
    fits = size_add(&size, put_entry_size(&entry, form));
  }
  if (!fits || size > PTRDIFF_MAX) return PyErr_NoMemory();
  PyObject *body = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
  if (body == NULL) return NULL;
  char *out = head_write(PyBytes_AsString(body), stream_arn, entries->count, form);
  for (size_t i = 0; i < entries->count; i++) {
    PutEntry entry = entries->entry(entries->from, i);
    if (form == PUT_JSON && i) *out++ = ',';
    out = put_entry_write(out, &entry, form);
  }
  if (form == PUT_JSON) memcpy(out, json_tail.at, json_tail.size);
  return body;
}
