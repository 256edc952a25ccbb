/* A number: its value against strtod's, its end against the grammar's. */
#include "number.h"

#include <math.h>

#include "target.h"

static size_t digits(const uint8_t *at, size_t size) {
  size_t i = 0;
  while (i < size && at[i] >= '0' && at[i] <= '9') i++;
  return i;
}

/* Bytes of the JSON number at the start; 0 where there is none. */
static size_t grammar(const uint8_t *at, size_t size, int *integral) {
  size_t i = size > 0 && at[0] == '-', count = digits(at + i, size - i);
  *integral = 1;
  if (count == 0 || (at[i] == '0' && count > 1)) return 0;
  i += count;
  if (i < size && at[i] == '.') {
    if (!(count = digits(at + i + 1, size - i - 1))) return 0;
    i += 1 + count;
    *integral = 0;
  }
  if (i < size && (at[i] == 'e' || at[i] == 'E')) {
    size_t sign = i + 1 < size && (at[i + 1] == '-' || at[i + 1] == '+');
    if (!(count = digits(at + i + 1 + sign, size - i - 1 - sign))) return 0;
    i += 1 + sign + count;
    *integral = 0;
  }
  return i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 8000) return 0;
  Number number;
  int integral;
  size_t expected = grammar(data, size, &integral);
  const uint8_t *end = number_read(data, data + size, &number), *skipped = number_skip(data, data + size);
  bool taken = expected && !(integral && expected - (data[0] == '-') > 4300);
  EXPECT(skipped == (taken ? data + expected : NULL));
  EXPECT(end == skipped && (!end || number.integral == integral));

  char text[8001];
  if (!expected) return 0;
  memcpy(text, data, expected);
  text[expected] = 0;
  double value = strtod(text, NULL); /* in the locale C, which a program starts with */
  if (value == 0 && integral) value = 0;
  EXPECT(!end || memcmp(&value, &number.value, sizeof value) == 0);
  return 0;
}
