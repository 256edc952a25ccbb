#include "kpl_write.h"

#include <stdlib.h>

#include "md5.h"

enum { VARINT = 0, BYTES = 2, MOST_VARINT = 10 }; /* wire types; bytes of a number */
enum { PARTITION_KEYS = 1, HASH_KEYS = 2, RECORDS = 3, KEY_INDEX = 1, HASH_KEY_INDEX = 2, DATA = 3 };
/* The most that a message takes beyond its key and body: six tags and numbers. */
enum { MOST_OVERHEAD = 6 * (1 + MOST_VARINT) };

/* Slots for a number of keys: a power of two, at least twice that number. */
static size_t slots_for(size_t count) {
  size_t slots = 16;
  while (slots / 2 < count) slots *= 2;
  return slots;
}

int kpl_writer_init(KplWriter *writer, const Messages *messages, size_t most) {
  *writer = (KplWriter){.messages = messages};
  if (most > UINT32_MAX) return -1;
  writer->slots = calloc(slots_for(most), sizeof *writer->slots);
  writer->keys = calloc(most + 1, sizeof *writer->keys);
  writer->index = calloc(most + 1, sizeof *writer->index);
  return writer->slots != NULL && writer->keys != NULL && writer->index != NULL ? 0 : -1;
}

void kpl_writer_free(KplWriter *writer) {
  free(writer->slots);
  free(writer->keys);
  free(writer->index);
}

/* The index of the message's key among the keys, to which it may be added. */
static uint32_t key_index(KplWriter *writer, size_t slots, uint32_t number) {
  const Messages *messages = writer->messages;
  Span key = message_key(messages, number);
  size_t slot = messages->message[number].key_hash & (slots - 1);
  for (; writer->slots[slot] != 0; slot = (slot + 1) & (slots - 1)) {
    uint32_t index = writer->slots[slot] - 1;
    if (span_equal(message_key(messages, writer->keys[index]), key)) return index;
  }
  writer->keys[writer->key_count] = number;
  writer->slots[slot] = (uint32_t)++writer->key_count;
  return writer->slots[slot] - 1;
}

static size_t varint_size(uint64_t value) {
  size_t size = 1;
  while (value >>= 7) size++;
  return size;
}

static char *put_varint(char *out, uint64_t value) {
  for (; value > 0x7F; value >>= 7) *out++ = (char)(value | 0x80);
  *out++ = (char)value;
  return out;
}

static char *put_number(char *out, int field, uint64_t value) {
  *out++ = (char)(field << 3 | VARINT);
  return put_varint(out, value);
}

static char *put_size(char *out, int field, size_t size) {
  *out++ = (char)(field << 3 | BYTES);
  return put_varint(out, size);
}

static char *put_bytes(char *out, int field, Span bytes) {
  out = put_size(out, field, bytes.size);
  if (bytes.size) memcpy(out, bytes.at, bytes.size);
  return out + bytes.size;
}

static char *put_record(char *out, Span data, uint32_t key) {
  size_t size = 1 + varint_size(key) + 2 + 1 + varint_size(data.size) + data.size;
  out = put_size(out, RECORDS, size);
  out = put_number(out, KEY_INDEX, key);
  out = put_number(out, HASH_KEY_INDEX, 0);
  return put_bytes(out, DATA, data);
}

/* Room for the aggregate. */
static int reserve(const Messages *messages, Text *out, const uint32_t *numbers, const uint32_t *places, size_t count,
                   size_t hash_key_size) {
  size_t size = KPL_MAGIC + MD5_DIGEST + 1 + MOST_VARINT;
  bool fits = size_add(&size, hash_key_size);
  for (size_t i = 0; fits && i < count; i++) {
    fits = size_add(&size, message_size(messages, numbers[places[i]], true)) && size_add(&size, MOST_OVERHEAD);
  }
  return fits ? text_reserve(out, size) : -1;
}

int kpl_write(KplWriter *writer, Text *out, const uint32_t *numbers, const uint32_t *places, size_t count,
              Span hash_key) {
  static const uint8_t magic[KPL_MAGIC] = {0xf3, 0x89, 0x9a, 0xc2};
  const Messages *messages = writer->messages;
  size_t slots = slots_for(count);
  if (reserve(messages, out, numbers, places, count, hash_key.size) < 0) return -1;
  text_put(out, magic, sizeof magic);
  memset(writer->slots, 0, slots * sizeof *writer->slots);
  writer->key_count = 0;
  for (size_t i = 0; i < count; i++) writer->index[i] = key_index(writer, slots, numbers[places[i]]);
  char *at = out->at + out->size;
  for (size_t i = 0; i < writer->key_count; i++) {
    at = put_bytes(at, PARTITION_KEYS, message_key(messages, writer->keys[i]));
  }
  at = put_bytes(at, HASH_KEYS, hash_key);
  for (size_t i = 0; i < count; i++) {
    if (i + 1 < count) message_prefetch(messages, numbers[places[i + 1]]);
    at = put_record(at, message_body(messages, numbers[places[i]]), writer->index[i]);
  }
  out->size = (size_t)(at - out->at) + MD5_DIGEST;
  return 0;
}
