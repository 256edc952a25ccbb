/* Reads UBJSON as XGBoost writes it (Universal Binary JSON, draft 12: big-endian, typed arrays), token by token.
 * Every length is held against the bytes that are left; how deep values nest is bounded, and nothing recurses. */
#ifndef NATIVE_UBJ_H
#define NATIVE_UBJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum {
  UBJ_FAULT, /* the bytes are no such UBJSON; so is every token after this one */
  UBJ_END,   /* the one value has ended, and so have the bytes */
  UBJ_OBJECT,
  UBJ_OBJECT_END,
  UBJ_ARRAY,
  UBJ_ARRAY_END,
  UBJ_KEY,     /* of a member: `bytes`, `count` of them, in no known encoding */
  UBJ_TEXT,    /* likewise */
  UBJ_NUMBERS, /* a typed array: `count` numbers of `type`, big-endian, from `bytes` on, which are not aligned */
  UBJ_INTEGER, /* `integer` */
  UBJ_FLOAT,   /* `number` */
  UBJ_TRUE,
  UBJ_FALSE,
  UBJ_NULL,
} UbjKind;

typedef struct {
  UbjKind kind;
  uint8_t type; /* of numbers: one of i U I l L d D, which are 1, 1, 2, 4, 8, 4 and 8 bytes */
  size_t count;
  const uint8_t *bytes; /* within the data */
  int64_t integer;
  double number;
} UbjToken;

enum { UBJ_MAX_DEPTH = 32 };

typedef struct {
  const uint8_t *data;
  size_t size, at;
  unsigned depth; /* containers that are open */
  struct {
    bool object, counted;
    size_t left; /* values, of a counted array */
  } open[UBJ_MAX_DEPTH];
  bool after_key, started, failed;
} UbjReader;

UbjReader ubj_reader(const uint8_t *data, size_t size);
UbjToken ubj_next(UbjReader *reader);

/* Whether a key or a text is this literal. */
static inline bool ubj_is(UbjToken token, const char *text) {
  return token.count == strlen(text) && memcmp(token.bytes, text, token.count) == 0;
}

/* Number `i` of a typed array of l, and of d. */
static inline int32_t ubj_i32(const uint8_t *bytes, size_t i) {
  uint32_t raw;
  memcpy(&raw, bytes + 4 * i, sizeof raw);
  return (int32_t)__builtin_bswap32(raw);
}

static inline float ubj_f32(const uint8_t *bytes, size_t i) {
  int32_t raw = ubj_i32(bytes, i);
  float number;
  memcpy(&number, &raw, sizeof number);
  return number;
}

/* Of any integer type, and of any float type. */
int64_t ubj_integer(UbjToken numbers, size_t i);
double ubj_number(UbjToken numbers, size_t i);
bool ubj_is_integral(uint8_t type);

#endif
