#include "put_entry.h"

#include "base64.h"
#include "cbor.h"

static const Span data_name = SPAN("Data"), key_name = SPAN("PartitionKey"), hash_key_name = SPAN("ExplicitHashKey");

static const Span json_data = SPAN("{\"Data\":\""), json_key = SPAN("\",\"PartitionKey\":\""),
                  json_hash_key = SPAN("\",\"ExplicitHashKey\":\""), json_last = SPAN("\"}");

static char *put(char *out, Span text) {
  memcpy(out, text.at, text.size);
  return out + text.size;
}

static size_t json_size(const PutEntry *entry) {
  if (entry->data.size > SIZE_MAX / 4) return SIZE_MAX;
  size_t size = json_data.size + json_key.size + json_last.size;
  bool fits = size_add(&size, BASE64_ENCODED_SIZE(entry->data.size)) && size_add(&size, entry->key_in_json);
  if (fits && entry->hash_key.at) fits = size_add(&size, json_hash_key.size + entry->hash_key.size);
  return fits ? size : SIZE_MAX;
}

static char *json_write(char *out, const PutEntry *entry) {
  out = put(out, json_data);
  out += base64_encode((const uint8_t *)entry->data.at, entry->data.size, out);
  out = put(out, json_key);
  out = entry->key_in_json == entry->key.size ? put(out, entry->key) : json_escape(out, entry->key);
  if (entry->hash_key.at) out = put(put(out, json_hash_key), entry->hash_key);
  return put(out, json_last);
}

static size_t cbor_size(const PutEntry *entry) {
  size_t size = 1 + cbor_text_size(data_name) + cbor_text_size(key_name) + 2 * CBOR_MOST_HEAD;
  if (entry->hash_key.at) size += cbor_text_size(hash_key_name) + cbor_text_size(entry->hash_key);
  bool fits = size_add(&size, entry->data.size) && size_add(&size, entry->key.size);
  if (!fits) return SIZE_MAX;
  return size - 2 * CBOR_MOST_HEAD + cbor_head_size(entry->data.size) + cbor_head_size(entry->key.size);
}

static char *cbor_write(char *out, const PutEntry *entry) {
  out = cbor_head(out, CBOR_MAP, entry->hash_key.at ? 3 : 2);
  out = cbor_string(cbor_string(out, CBOR_TEXT, data_name), CBOR_BYTES, entry->data);
  out = cbor_string(cbor_string(out, CBOR_TEXT, key_name), CBOR_TEXT, entry->key);
  if (!entry->hash_key.at) return out;
  return cbor_string(cbor_string(out, CBOR_TEXT, hash_key_name), CBOR_TEXT, entry->hash_key);
}

size_t put_entry_size(const PutEntry *entry, PutForm form) {
  return form == PUT_CBOR ? cbor_size(entry) : json_size(entry);
}

char *put_entry_write(char *out, const PutEntry *entry, PutForm form) {
  return form == PUT_CBOR ? cbor_write(out, entry) : json_write(out, entry);
}
