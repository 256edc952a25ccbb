#include "forest_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put(ForestText *text, const char *bytes, size_t count) {
  if (text->failed) return;
  text->failed = text_append(&text->json, (Span){bytes, count}) != 0;
}

static void separate(ForestText *text) {
  if (text->comma) put(text, ",", 1);
  text->comma = true;
}

void forest_text_literal(ForestText *text, const char *literal) {
  separate(text);
  put(text, literal, strlen(literal));
}

void forest_text_open(ForestText *text, char bracket) {
  separate(text);
  put(text, &bracket, 1);
  text->comma = false;
}

void forest_text_close(ForestText *text, char bracket) {
  put(text, &bracket, 1);
  text->comma = true;
}

/* Whatever is no ASCII passes as it is: whether it is UTF-8 is found out by who reads the JSON. */
static void quoted(ForestText *text, UbjToken token) {
  put(text, "\"", 1);
  size_t plain = 0; /* where the bytes begin that need no escape */
  for (size_t i = 0; i < token.count; i++) {
    uint8_t c = token.bytes[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    put(text, (const char *)token.bytes + plain, i - plain);
    char escape[8];
    int size = snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
    put(text, escape, (size_t)size);
    plain = i + 1;
  }
  put(text, (const char *)token.bytes + plain, token.count - plain);
  put(text, "\"", 1);
}

void forest_text_key(ForestText *text, UbjToken key) {
  separate(text);
  quoted(text, key);
  put(text, ":", 1);
  text->comma = false;
}

static void integer(ForestText *text, int64_t value) {
  char digits[24];
  int size = snprintf(digits, sizeof digits, "%lld", (long long)value);
  separate(text);
  put(text, digits, (size_t)size);
}

/* With a point or an exponent, so that it is read back as the float that it was. */
static void number(ForestText *text, double value) {
  char digits[40];
  int size = snprintf(digits, sizeof digits, "%.17e", value);
  if (!isfinite(value)) text->failed = true;
  separate(text);
  put(text, digits, (size_t)size);
}

static void numbers(ForestText *text, UbjToken array) {
  forest_text_open(text, '[');
  for (size_t i = 0; i < array.count && !text->failed; i++) {
    if (ubj_is_integral(array.type)) {
      integer(text, ubj_integer(array, i));
    } else {
      number(text, ubj_number(array, i));
    }
  }
  forest_text_close(text, ']');
}

static void token_text(ForestText *text, UbjToken token) {
  switch (token.kind) {
    case UBJ_KEY:
      forest_text_key(text, token);
      break;
    case UBJ_TEXT:
      separate(text);
      quoted(text, token);
      break;
    case UBJ_INTEGER:
      integer(text, token.integer);
      break;
    case UBJ_FLOAT:
      number(text, token.number);
      break;
    case UBJ_NUMBERS:
      numbers(text, token);
      break;
    case UBJ_OBJECT:
      forest_text_open(text, '{');
      break;
    case UBJ_OBJECT_END:
      forest_text_close(text, '}');
      break;
    case UBJ_ARRAY:
      forest_text_open(text, '[');
      break;
    case UBJ_ARRAY_END:
      forest_text_close(text, ']');
      break;
    case UBJ_TRUE:
      forest_text_literal(text, "true");
      break;
    case UBJ_FALSE:
      forest_text_literal(text, "false");
      break;
    case UBJ_NULL:
      forest_text_literal(text, "null");
      break;
    default:
      text->failed = true;
  }
}

bool forest_text_value(ForestText *text, UbjReader *reader, UbjToken first) {
  unsigned inside = reader->depth;
  token_text(text, first);
  if (first.kind != UBJ_OBJECT && first.kind != UBJ_ARRAY) return !text->failed;
  while (reader->depth >= inside && !text->failed) token_text(text, ubj_next(reader));
  return !text->failed;
}
