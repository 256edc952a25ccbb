#include "aggregate.h"

#include <stdlib.h>

#include "utf8.h"

enum { UNUSUAL = 1, MOST_KEY = 256 };
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };          /* wire types */
enum { PARTITION_KEYS = 1, RECORDS = 3, KEY_INDEX = 1, DATA = 3 }; /* members of an aggregate, and of a user record */

void aggregate_free(Aggregate *aggregate) {
  free(aggregate->user);
  free(aggregate->keys);
  *aggregate = (Aggregate){0};
}

bool aggregate_parts(Span payload, Span magic, Span *message, Span *digest) {
  if (magic.size == 0 || payload.size < magic.size || memcmp(payload.at, magic.at, magic.size) != 0) return false;
  size_t size = payload.size - magic.size, digest_size = size < MD5_DIGEST ? size : MD5_DIGEST;
  *message = (Span){payload.at + magic.size, size - digest_size};
  *digest = (Span){payload.at + payload.size - digest_size, digest_size};
  return true;
}

/* What is left of a message. */
typedef struct {
  const uint8_t *at, *end;
} Rest;

/* A member of a message. */
typedef struct {
  uint64_t number; /* of the field */
  int wire_type;
  uint64_t value; /* of a VARINT */
  Span bytes;     /* of the others */
} Member;

/* False for one that is cut off, or of more than 64 bits. */
static bool read_varint(Rest *rest, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64 && rest->at < rest->end; shift += 7) {
    uint8_t byte = *rest->at++;
    if (shift == 63 && byte > 1) return false;
    *value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

static bool read_member(Rest *rest, Member *member) {
  uint64_t tag, size;
  if (!read_varint(rest, &tag)) return false;
  *member = (Member){.number = tag >> 3, .wire_type = (int)(tag & 7)};
  switch (member->wire_type) {
    case VARINT:
      return read_varint(rest, &member->value);
    case BYTES:
      if (!read_varint(rest, &size)) return false;
      break;
    case FIXED64:
      size = 8;
      break;
    case FIXED32:
      size = 4;
      break;
    default:
      return false;
  }
  if (size > (size_t)(rest->end - rest->at)) return false;
  member->bytes = (Span){(const char *)rest->at, (size_t)size};
  rest->at += size;
  return true;
}

static Rest rest_of(Span message) {
  return (Rest){(const uint8_t *)message.at, (const uint8_t *)message.at + message.size};
}

/* Whether Kinesis accepts the key: records/record.py, is_partition_key. */
static bool is_partition_key(Span key) {
  size_t characters = 0;
  for (size_t i = 0; i < key.size; i++) characters += ((uint8_t)key.at[i] & 0xC0) != 0x80;
  return 0 < characters && characters <= MOST_KEY;
}

static int add_key(Aggregate *aggregate, Span key) {
  if (!utf8_valid((const uint8_t *)key.at, key.size)) return UNUSUAL;
  if (aggregate->key_count == aggregate->key_room) {
    void *block = aggregate->keys;
    if (grow(&block, &aggregate->key_room, aggregate->key_count + 64, sizeof *aggregate->keys) < 0) return -1;
    aggregate->keys = block;
  }
  aggregate->keys[aggregate->key_count++] = key;
  return 0;
}

/* A user record whose body is read later: the keys may be behind it. */
static int add_body(Aggregate *aggregate, Span body) {
  if (aggregate->count == aggregate->room) {
    void *block = aggregate->user;
    if (grow(&block, &aggregate->room, aggregate->count + 64, sizeof *aggregate->user) < 0) return -1;
    aggregate->user = block;
  }
  aggregate->user[aggregate->count++].data = body;
  return 0;
}

/* The members of the aggregate that matter; they are of another wire type in no producer's. */
static int read_members(Aggregate *aggregate, Rest rest) {
  int answer = 0;
  for (Member member; answer == 0 && rest.at < rest.end;) {
    if (!read_member(&rest, &member)) return UNUSUAL;
    if (member.number != PARTITION_KEYS && member.number != RECORDS) continue;
    if (member.wire_type != BYTES) return UNUSUAL;
    answer = member.number == RECORDS ? add_body(aggregate, member.bytes) : add_key(aggregate, member.bytes);
  }
  return answer;
}

/* False where a member is missing, there twice or of another wire type, and where its key is none. */
static bool read_user(const Aggregate *aggregate, UserRecord *user) {
  uint64_t index = 0;
  Span data = {0};
  bool has_index = false, has_data = false;
  Rest rest = rest_of(user->data);
  for (Member member; rest.at < rest.end;) {
    if (!read_member(&rest, &member)) return false;
    if (member.number == KEY_INDEX) {
      if (has_index || member.wire_type != VARINT) return false;
      index = member.value;
      has_index = true;
    } else if (member.number == DATA) {
      if (has_data || member.wire_type != BYTES) return false;
      data = member.bytes;
      has_data = true;
    }
  }
  if (!has_index || !has_data || index >= aggregate->key_count) return false;
  *user = (UserRecord){aggregate->keys[index], data};
  return is_partition_key(user->key);
}

int aggregate_read(Aggregate *aggregate, Span message) {
  aggregate->count = aggregate->key_count = 0;
  int answer = read_members(aggregate, rest_of(message));
  if (answer != 0) return answer;
  for (size_t i = 0; i < aggregate->count; i++) {
    if (!read_user(aggregate, &aggregate->user[i])) return UNUSUAL;
  }
  return aggregate->count > 0 ? 0 : UNUSUAL;
}
