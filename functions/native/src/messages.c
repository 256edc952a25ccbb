#include "messages.h"

#include <stdlib.h>

#include "crc32.h"

void messages_free(Messages *messages) {
  text_free(&messages->texts);
  free(messages->message);
  *messages = (Messages){0};
}

/* Room for that many messages: 0, or -1. */
static int have_room(Messages *messages, size_t count) {
  void *block = messages->message;
  if (grow(&block, &messages->room, count, sizeof(Message)) < 0) return -1;
  messages->message = block;
  return 0;
}

int messages_reserve(Messages *messages, size_t count, size_t bytes) {
  if (!size_add(&count, messages->count) || text_reserve(&messages->texts, bytes) < 0) return -1;
  return count <= messages->room ? 0 : have_room(messages, count);
}

int messages_push(Messages *messages, size_t at, size_t key_size) {
  if (messages->count == UINT32_MAX) return -1; /* their numbers are kept in 32 bits */
  if (messages->count == messages->room && have_room(messages, messages->count + 64) < 0) return -1;
  size_t body_size = messages->texts.size - at - key_size;
  Span key = {messages->texts.at + at, key_size};
  messages->message[messages->count++] = (Message){
      .at = at,
      .key_size = key_size,
      .body_size = body_size,
      .key_in_json = json_plain(key) ? key_size : json_escaped_size(key),
      .key_hash = ~crc32_with(UINT32_MAX, (const uint8_t *)key.at, key.size),
  };
  return 0;
}
