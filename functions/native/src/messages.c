#include "messages.h"

#include <stdlib.h>

void messages_free(Messages *messages) {
  text_free(&messages->texts);
  free(messages->message);
  *messages = (Messages){0};
}

/* The CRC of each low and each high half of a byte: that of the byte is both, one upon the other. */
static const uint32_t low_half[16] = {0x00000000, 0x77073096, 0xee0e612c, 0x990951ba, 0x076dc419, 0x706af48f,
                                      0xe963a535, 0x9e6495a3, 0x0edb8832, 0x79dcb8a4, 0xe0d5e91e, 0x97d2d988,
                                      0x09b64c2b, 0x7eb17cbd, 0xe7b82d07, 0x90bf1d91};
static const uint32_t high_half[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

static uint32_t crc32(Span text) {
  uint32_t crc = UINT32_MAX;
  for (size_t at = 0; at < text.size; at++) {
    uint32_t byte = (crc ^ (unsigned char)text.at[at]) & 0xFF;
    crc = crc >> 8 ^ low_half[byte & 15] ^ high_half[byte >> 4];
  }
  return ~crc;
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
      .key_hash = crc32(key),
  };
  return 0;
}
