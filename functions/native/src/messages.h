/* Predictions on their way out, one after the other in one buffer: each a partition key and a body. */
#ifndef NATIVE_MESSAGES_H
#define NATIVE_MESSAGES_H

#include "put_entry.h"

typedef struct {
  size_t at; /* where the key begins in the buffer; the body follows it */
  size_t key_size, body_size;
  size_t key_in_json; /* its size there */
  uint32_t key_hash;  /* CRC-32, as zlib's: what the message's lane is chosen by */
} Message;

typedef struct {
  Text texts;
  Message *message;
  size_t count, room;
} Messages;

/* All zero is an empty one. */
void messages_free(Messages *messages);

/* Have room for further messages of that many bytes in total: 0, or -1. */
int messages_reserve(Messages *messages, size_t count, size_t bytes);

/* Make a message of the last bytes of `texts`, which begin at `at`: 0, or -1 where there is no memory. */
int messages_push(Messages *messages, size_t at, size_t key_size);

static inline Span message_key(const Messages *messages, size_t i) {
  return (Span){messages->texts.at + messages->message[i].at, messages->message[i].key_size};
}

static inline Span message_body(const Messages *messages, size_t i) {
  const Message *message = &messages->message[i];
  return (Span){messages->texts.at + message->at + message->key_size, message->body_size};
}

/* Have the processor fetch a message of the usual size. */
static inline void message_prefetch(const Messages *messages, size_t i) {
  enum { LINE = 64, MOST = 12 * LINE };
  const Message *message = &messages->message[i];
  const char *at = messages->texts.at + message->at;
  size_t size = message->key_size + message->body_size;
  for (size_t line = 0; line < size && line < MOST; line += LINE) __builtin_prefetch(at + line);
}

/* What a message counts towards a sink's limits. */
static inline size_t message_size(const Messages *messages, size_t i, bool with_keys) {
  const Message *message = &messages->message[i];
  return message->body_size + (with_keys ? message->key_size : 0);
}

/* Whether the item of size `more` begins a new call: the rule of records/chunking.py. */
static inline bool begins_call(size_t items, size_t total, size_t more, size_t most, size_t most_bytes) {
  return items > 0 && (items == most || more > most_bytes || total > most_bytes - more);
}

/* A message as the entry of a PutRecords request. */
static inline PutEntry message_entry(const Messages *messages, size_t i) {
  return (PutEntry){message_body(messages, i), message_key(messages, i), messages->message[i].key_in_json, {NULL, 0}};
}

#endif
