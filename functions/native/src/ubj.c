#include "ubj.h"

#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "written for little-endian processors"
#endif

static const UbjToken FAULT = {.kind = UBJ_FAULT};

UbjReader ubj_reader(const uint8_t *data, size_t size) {
  UbjReader reader;
  memset(&reader, 0, sizeof reader);
  reader.data = data;
  reader.size = size;
  return reader;
}

/* Bytes of one number; 0: no number's type. */
static size_t width(uint8_t type) {
  switch (type) {
    case 'i':
    case 'U':
      return 1;
    case 'I':
      return 2;
    case 'l':
    case 'd':
      return 4;
    case 'L':
    case 'D':
      return 8;
    default:
      return 0;
  }
}

bool ubj_is_integral(uint8_t type) { return width(type) != 0 && type != 'd' && type != 'D'; }

static uint64_t big_endian(const uint8_t *bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; i++) value = value << 8 | bytes[i];
  return value;
}

static int64_t integer_at(uint8_t type, const uint8_t *bytes) {
  uint64_t raw = big_endian(bytes, width(type));
  switch (type) {
    case 'i':
      return (int8_t)raw;
    case 'I':
      return (int16_t)raw;
    case 'l':
      return (int32_t)raw;
    default:
      return (int64_t)raw;
  }
}

static double number_at(uint8_t type, const uint8_t *bytes) {
  if (type == 'd') return (double)ubj_f32(bytes, 0);
  uint64_t raw = big_endian(bytes, 8);
  double number;
  memcpy(&number, &raw, sizeof number);
  return number;
}

int64_t ubj_integer(UbjToken numbers, size_t i) {
  return integer_at(numbers.type, numbers.bytes + i * width(numbers.type));
}

double ubj_number(UbjToken numbers, size_t i) {
  return number_at(numbers.type, numbers.bytes + i * width(numbers.type));
}

static size_t left(const UbjReader *reader) { return reader->size - reader->at; }

static bool byte(UbjReader *reader, uint8_t *found) {
  if (left(reader) == 0) return false;
  *found = reader->data[reader->at++];
  return true;
}

/* A count of what follows, in bytes or in values of one byte at least: never more than what is left. */
static bool length(UbjReader *reader, size_t *found) {
  uint8_t type;
  if (!byte(reader, &type) || !ubj_is_integral(type) || left(reader) < width(type)) return false;
  int64_t size = integer_at(type, reader->data + reader->at);
  reader->at += width(type);
  if (size < 0 || (uint64_t)size > left(reader)) return false;
  *found = (size_t)size;
  return true;
}

static UbjToken text(UbjReader *reader, UbjKind kind) {
  UbjToken token = {.kind = kind};
  if (!length(reader, &token.count)) return FAULT;
  token.bytes = reader->data + reader->at;
  reader->at += token.count;
  return token;
}

static UbjToken scalar(UbjReader *reader, uint8_t type) {
  if (left(reader) < width(type)) return FAULT;
  const uint8_t *bytes = reader->data + reader->at;
  reader->at += width(type);
  if (ubj_is_integral(type)) return (UbjToken){.kind = UBJ_INTEGER, .type = type, .integer = integer_at(type, bytes)};
  return (UbjToken){.kind = UBJ_FLOAT, .type = type, .number = number_at(type, bytes)};
}

/* What follows "[$". */
static UbjToken numbers(UbjReader *reader) {
  UbjToken token = {.kind = UBJ_NUMBERS};
  uint8_t mark;
  if (!byte(reader, &token.type) || width(token.type) == 0 || !byte(reader, &mark) || mark != '#') return FAULT;
  if (!length(reader, &token.count) || token.count > left(reader) / width(token.type)) return FAULT;
  token.bytes = reader->data + reader->at;
  reader->at += token.count * width(token.type);
  return token;
}

static UbjToken enter(UbjReader *reader, bool object) {
  if (reader->depth == UBJ_MAX_DEPTH) return FAULT;
  bool counted = false;
  size_t values = 0;
  if (!object && left(reader) > 0 && reader->data[reader->at] == '$') {
    reader->at++;
    return numbers(reader);
  }
  if (!object && left(reader) > 0 && reader->data[reader->at] == '#') {
    reader->at++;
    counted = true;
    if (!length(reader, &values)) return FAULT;
  }
  reader->open[reader->depth].object = object;
  reader->open[reader->depth].counted = counted;
  reader->open[reader->depth].left = values;
  reader->depth++;
  return (UbjToken){.kind = object ? UBJ_OBJECT : UBJ_ARRAY};
}

static UbjToken value(UbjReader *reader) {
  uint8_t mark;
  if (!byte(reader, &mark)) return FAULT;
  switch (mark) {
    case '{':
      return enter(reader, true);
    case '[':
      return enter(reader, false);
    case 'S':
      return text(reader, UBJ_TEXT);
    case 'T':
      return (UbjToken){.kind = UBJ_TRUE};
    case 'F':
      return (UbjToken){.kind = UBJ_FALSE};
    case 'Z':
      return (UbjToken){.kind = UBJ_NULL};
    default:
      return width(mark) == 0 ? FAULT : scalar(reader, mark);
  }
}

static UbjToken leave(UbjReader *reader, UbjKind kind) {
  reader->depth--;
  return (UbjToken){.kind = kind};
}

static UbjToken in_object(UbjReader *reader) {
  if (reader->after_key) {
    reader->after_key = false;
    return value(reader);
  }
  if (left(reader) == 0) return FAULT;
  if (reader->data[reader->at] == '}') {
    reader->at++;
    return leave(reader, UBJ_OBJECT_END);
  }
  reader->after_key = true;
  return text(reader, UBJ_KEY);
}

static UbjToken in_array(UbjReader *reader) {
  unsigned top = reader->depth - 1;
  if (reader->open[top].counted) {
    if (reader->open[top].left == 0) return leave(reader, UBJ_ARRAY_END);
    reader->open[top].left--;
    return value(reader);
  }
  if (left(reader) == 0) return FAULT;
  if (reader->data[reader->at] == ']') {
    reader->at++;
    return leave(reader, UBJ_ARRAY_END);
  }
  return value(reader);
}

static UbjToken at_top(UbjReader *reader) {
  if (reader->started) return left(reader) == 0 ? (UbjToken){.kind = UBJ_END} : FAULT;
  reader->started = true;
  return value(reader);
}

UbjToken ubj_next(UbjReader *reader) {
  if (reader->failed) return FAULT;
  UbjToken token;
  if (reader->depth == 0) {
    token = at_top(reader);
  } else {
    token = reader->open[reader->depth - 1].object ? in_object(reader) : in_array(reader);
  }
  reader->failed = token.kind == UBJ_FAULT;
  return token;
}
