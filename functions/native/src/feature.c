#include "feature.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_INT_TEXT = 4000, NUMBER_ROOM = 4 }; /* MOST_DIGITS of records/categories.py; what a text may gain */

int feature_init(Feature *feature, const FeatureSpec *spec) {
  *feature = (Feature){.type = spec->type,
                       .missing = spec->missing,
                       .accept_text = spec->accept_text,
                       .unknown_is_missing = spec->unknown_is_missing,
                       .missing_value_count = spec->missing_value_count};
  feature->missing_values = calloc(spec->missing_value_count + 1, sizeof *feature->missing_values);
  if (scalars_init(&feature->categories, &spec->categories) < 0) return -1;
  if (scalars_init(&feature->missing_texts, &spec->missing_texts) < 0 || !feature->missing_values) return -1;
  for (size_t i = 0; i < spec->missing_value_count; i++) feature->missing_values[i] = spec->missing_values[i];
  return 0;
}

void feature_free(Feature *feature) {
  scalars_free(&feature->categories);
  scalars_free(&feature->missing_texts);
  free(feature->missing_values);
}

/* The bits of a value, some of which count as missing. */
static inline uint32_t finish(const Feature *feature, double value) {
  float rounded = (float)value;
  for (size_t i = 0; i < feature->missing_value_count; i++) {
    if (rounded == feature->missing_values[i]) return feature_null(feature);
  }
  return float_bits(value);
}

static uint32_t of_code(const Feature *feature, uint32_t code) {
  if (code != NO_CODE) return finish(feature, (double)code);
  return feature->unknown_is_missing ? MISSING : UNFIT;
}

static uint32_t category_number(const Feature *feature, const Number *number, Span literal) {
  if (scalars_number(&feature->missing_texts, number, literal) != NO_CODE) return feature_null(feature);
  if (!scalars_have_numbers(&feature->categories)) return UNFIT;
  return of_code(feature, scalars_number(&feature->categories, number, literal));
}

uint32_t feature_other_number(const Feature *feature, const Number *number, Span literal) {
  double value = number->value;
  switch (feature->type) {
    case TYPE_INT:
      if (!number->integral && trunc(value) != value) return UNFIT; /* as 3.5 */
      break;
    case TYPE_BOOL:
      if (!feature->accept_text || (value != 0 && value != 1)) return UNFIT;
      value = value == 1; /* without -0 */
      break;
    case TYPE_CATEGORY:
      return category_number(feature, number, literal);
    case TYPE_FLOAT:
      break;
  }
  return finish(feature, value);
}

uint32_t feature_word(const Feature *feature, bool truth) {
  if (feature->type == TYPE_BOOL) return finish(feature, truth);
  if (feature->type != TYPE_CATEGORY) return UNFIT;
  if (scalars_word(&feature->missing_texts, truth) != NO_CODE) return feature_null(feature);
  if (!scalars_have_booleans(&feature->categories)) return UNFIT;
  return of_code(feature, scalars_word(&feature->categories, truth));
}

/* The boolean that a text is: false, true, or -1 for none. */
static int truth_of(Span text) {
  static const Span words[] = {{"false", 5}, {"true", 4}, {"False", 5}, {"True", 4}, {"FALSE", 5}, {"TRUE", 4}};
  for (int i = 0; i < 6; i++) {
    if (span_equal(text, words[i])) return i % 2;
  }
  return -1;
}

/* Read a text that is one of JSON's numbers. */
static bool read_number(Span text, Number *number) {
  const uint8_t *at = (const uint8_t *)text.at, *end = at + text.size;
  return text.size > 0 && number_read(at, end, number) == end;
}

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/* The number that a category's text is, which may be written otherwise than JSON writes it: +1, 1. and .5. */
static uint32_t number_as_text(const Feature *feature, Span text) {
  char room[NUMBER_ROOM + MOST_INT_TEXT];
  if (text.size > MOST_INT_TEXT) return UNFIT;
  Number number;
  size_t size = 0;
  for (size_t i = 0; i < text.size; i++) {
    char byte = text.at[i];
    if (i == 0 && byte == '+' && text.size > 1 && text.at[1] != '-') continue;
    bool after_digit = size > 0 && is_digit(room[size - 1]),
         before_digit = i + 1 < text.size && is_digit(text.at[i + 1]);
    if (byte == '.' && !after_digit && (!before_digit || size > 1)) return UNFIT;
    if (byte == '.' && !after_digit) room[size++] = '0';
    room[size++] = byte;
    if (byte == '.' && !before_digit) room[size++] = '0';
    if (size > MOST_INT_TEXT) return UNFIT;
  }
  Span literal = {room, size};
  if (!read_number(literal, &number)) return UNFIT;
  return of_code(feature, scalars_number(&feature->categories, &number, literal));
}

static uint32_t category_text(const Feature *feature, Span text) {
  if (scalars_text(&feature->missing_texts, text) != NO_CODE) return feature_null(feature);
  uint32_t code = scalars_text(&feature->categories, text);
  if (code != NO_CODE || !feature->accept_text) return of_code(feature, code);
  uint32_t bits = number_as_text(feature, text);
  int truth = truth_of(text);
  if (bits != UNFIT) return bits;
  return of_code(feature, truth < 0 ? NO_CODE : scalars_word(&feature->categories, truth));
}

uint32_t feature_text(const Feature *feature, Span text) {
  if (feature->type == TYPE_CATEGORY) return category_text(feature, text);
  if (!feature->accept_text) return UNFIT;
  if (feature->type == TYPE_BOOL) {
    bool digit = text.size == 1 && (text.at[0] == '0' || text.at[0] == '1');
    int truth = digit ? text.at[0] == '1' : truth_of(text);
    return truth < 0 ? UNFIT : feature_word(feature, truth);
  }
  Number number;
  return read_number(text, &number) ? feature_number(feature, &number, text) : UNFIT;
}
