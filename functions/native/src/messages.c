#include "messages.h"

#include <stdlib.h>

#include "base64.h"

void messages_free(Messages *messages) {
  text_free(&messages->texts);
  free(messages->message);
  *messages = (Messages){0};
}

int messages_push(Messages *messages, size_t at, size_t key_size) {
  if (messages->count == messages->room) {
    void *block = messages->message;
    if (grow(&block, &messages->room, messages->count + 64, sizeof(Message)) < 0) return -1;
    messages->message = block;
  }
  size_t body_size = messages->texts.size - at - key_size;
  messages->message[messages->count++] = (Message){.at = at, .key_size = key_size, .body_size = body_size};
  return 0;
}

/* The CRC of each low and each high half of a byte: that of the byte is both, one upon the other. */
static const uint32_t low_half[16] = {0x00000000, 0x77073096, 0xee0e612c, 0x990951ba, 0x076dc419, 0x706af48f,
                                      0xe963a535, 0x9e6495a3, 0x0edb8832, 0x79dcb8a4, 0xe0d5e91e, 0x97d2d988,
                                      0x09b64c2b, 0x7eb17cbd, 0xe7b82d07, 0x90bf1d91};
static const uint32_t high_half[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

uint32_t message_hash(const Messages *messages, size_t i) {
  Span key = message_key(messages, i);
  uint32_t crc = UINT32_MAX;
  for (size_t at = 0; at < key.size; at++) {
    uint32_t byte = (crc ^ (unsigned char)key.at[at]) & 0xFF;
    crc = crc >> 8 ^ low_half[byte & 15] ^ high_half[byte >> 4];
  }
  return ~crc;
}

static const char data_member[] = "{\"Data\":\"", key_member[] = "\",\"PartitionKey\":\"", last[] = "\"}";

size_t entry_size(const Messages *messages, size_t i) {
  Span body = message_body(messages, i), key = message_key(messages, i);
  if (body.size > SIZE_MAX / 4) return SIZE_MAX;
  size_t key_size = json_plain(key) ? key.size : json_escaped_size(key);
  size_t size = sizeof data_member + sizeof key_member + sizeof last - 3;
  return size_add(&size, BASE64_ENCODED_SIZE(body.size)) && size_add(&size, key_size) ? size : SIZE_MAX;
}

static char *put(char *out, const void *bytes, size_t size) {
  memcpy(out, bytes, size);
  return out + size;
}

char *entry_write(char *out, const Messages *messages, size_t i) {
  Span body = message_body(messages, i), key = message_key(messages, i);
  out = put(out, data_member, sizeof data_member - 1);
  out += base64_encode((const uint8_t *)body.at, body.size, out);
  out = put(out, key_member, sizeof key_member - 1);
  out = json_escape(out, key);
  return put(out, last, sizeof last - 1);
}
