/* The double nearest to a decimal of any length, where 19 digits and 128 bits of a power of ten do not decide it. */
#ifndef NATIVE_NUMBER_EXACT_H
#define NATIVE_NUMBER_EXACT_H

#include <stddef.h>
#include <stdint.h>

/* A decimal: its digits, the first of which is not 0, with a point among them or without one; their number; and the
 * exponent of the last one. */
typedef struct {
  const uint8_t *first;
  size_t count;
  ptrdiff_t exponent;
} Digits;

/* The nearest double, and of two the even one; `near` is one that is a few doubles away at most, positive and finite.
 * The value is between 1e-324 and 1e310. */
double number_exact(const Digits *digits, double near);

#endif
