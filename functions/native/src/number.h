/* JSON's numbers, as Python's `json` reads them: an int, or, with a point or an exponent, the nearest double. */
#ifndef NATIVE_NUMBER_H
#define NATIVE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  double value;  /* of an int: what Python's float() makes of it */
  bool integral; /* neither a point nor an exponent: Python's int */
} Number;

/* Read the number at `at`: its end. NULL where there is none, or an int of more digits than Python converts. The value
 * is infinite beyond a double's range. */
const uint8_t *number_read(const uint8_t *at, const uint8_t *end, Number *number);

/* The end of the number at `at`, whatever its value; NULL as for number_read. */
const uint8_t *number_skip(const uint8_t *at, const uint8_t *end);

#endif
