/* Integers of thousands of bits, to compare a decimal with what is half-way between two doubles. */
#include "number_exact.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Half-way between two doubles is a decimal of at most 767 digits: what is behind these only decides whether the value
 * is above. 10^1143, by which the other side is multiplied, has 3,797 bits, and a power of two 1,076. */
enum { MOST_DIGITS = 800, LIMBS = 192 };

typedef struct {
  size_t count;
  uint32_t limbs[LIMBS]; /* the lowest first */
} Big;

static void multiply_add(Big *big, uint32_t factor, uint32_t more) {
  uint64_t carry = more;
  for (size_t i = 0; i < big->count; i++) {
    carry += (uint64_t)big->limbs[i] * factor;
    big->limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry && big->count < LIMBS) big->limbs[big->count++] = (uint32_t)carry;
}

static void multiply_power_of_ten(Big *big, ptrdiff_t power) {
  for (; power >= 9; power -= 9) multiply_add(big, 1000000000, 0);
  for (; power > 0; power--) multiply_add(big, 10, 0);
}

static void multiply_power_of_two(Big *big, int power) {
  for (; power >= 31; power -= 31) multiply_add(big, (uint32_t)1 << 31, 0);
  if (power > 0) multiply_add(big, (uint32_t)1 << power, 0);
}

static Big big_of(uint64_t value) {
  Big big = {.count = value >> 32 ? 2 : value != 0};
  big.limbs[0] = (uint32_t)value;
  big.limbs[1] = (uint32_t)(value >> 32);
  return big;
}

static int compare(const Big *a, const Big *b) {
  if (a->count != b->count) return a->count < b->count ? -1 : 1;
  for (size_t i = a->count; i-- > 0;) {
    if (a->limbs[i] != b->limbs[i]) return a->limbs[i] < b->limbs[i] ? -1 : 1;
  }
  return 0;
}

/* The decimal's digits as an integer, cut off, and their exponent. */
static Big read(const Digits *digits, ptrdiff_t *exponent) {
  Big big = {.count = 0};
  const uint8_t *at = digits->first;
  size_t used = 0;
  bool more = false;
  for (size_t left = digits->count; left > 0; at++) {
    if (*at == '.') continue;
    left--;
    if (used == MOST_DIGITS) {
      more |= *at != '0';
      continue;
    }
    multiply_add(&big, 10, (uint32_t)(*at - '0'));
    used++;
  }
  *exponent = digits->exponent + (ptrdiff_t)(digits->count - used);
  if (more) {
    multiply_add(&big, 10, 1);
    --*exponent;
  }
  return big;
}

/* Whether the decimal is below (-1), at or above (1) half-way between a double and the next one up. */
static int against_middle(const Big *decimal, ptrdiff_t exponent, double below) {
  uint64_t bits;
  memcpy(&bits, &below, sizeof bits);
  uint64_t fraction = bits & (((uint64_t)1 << 52) - 1), power = bits >> 52;
  if (power > 0) fraction |= (uint64_t)1 << 52;
  int two = (power > 0 ? (int)power : 1) - 1075 - 1;
  Big left = *decimal, right = big_of(2 * fraction + 1);
  if (exponent >= 0) {
    multiply_power_of_ten(&left, exponent);
  } else {
    multiply_power_of_ten(&right, -exponent);
  }
  multiply_power_of_two(two >= 0 ? &right : &left, two >= 0 ? two : -two);
  return compare(&left, &right);
}

static bool is_odd(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits & 1;
}

double number_exact(const Digits *digits, double near) {
  ptrdiff_t exponent;
  Big decimal = read(digits, &exponent);
  for (;;) { /* up, while the value is above the middle */
    int order = against_middle(&decimal, exponent, near);
    if (order < 0 || (order == 0 && !is_odd(near))) break;
    near = nextafter(near, INFINITY);
    if (order == 0 || isinf(near)) return near;
  }
  while (near > 0) { /* or down, while it is below the one before */
    double before = nextafter(near, 0);
    int order = against_middle(&decimal, exponent, before);
    if (order > 0 || (order == 0 && !is_odd(near))) break;
    near = before;
    if (order == 0) break;
  }
  return near;
}
