/* Schubfach (Raffaello Giulietti, "The Schubfach way to render doubles", 2020). */
#include "decimal.h"

#include <stdint.h>
#include <string.h>

#include "powers_of_ten.h"

__extension__ typedef unsigned __int128 Wide;

enum { LOWEST_EXPONENT = -1074 }; /* of a double as an integer × 2^q */

/* A number as digits × 10^exponent. */
typedef struct {
  uint64_t digits;
  int exponent;
} Decimal;

/* Floors, for arguments of the sizes that occur here; right shifts of negative numbers are arithmetic ones. */
static int floor_log10_pow2(int e, int three_quarters) { return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22; }
static int floor_log2_pow10(int e) { return (e * 1741647) >> 19; }

/* The high bits of 10^k, rounded up, × factor; what is below them only as the last bit, so that comparisons stay
 * right. */
static uint64_t scaled(int k, uint64_t factor) {
  uint64_t low = POWERS[k - LOWEST_POWER].low + (k < 0 || k > LAST_EXACT_POWER); /* no low is all ones */
  uint64_t high = POWERS[k - LOWEST_POWER].high;
  Wide product = (Wide)high * factor + (uint64_t)((Wide)low * factor >> 64);
  return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* Of `below` × 10^k and the multiple after it, the one within the bounds; where both are, or none, `neither`. All are
 * in units of 10^k / 4. */
static uint64_t within(uint64_t below, uint64_t step, uint64_t lower, uint64_t upper, uint64_t neither) {
  int down = lower <= below * step, up = below * step + step <= upper;
  return down == up ? neither : below + (uint64_t)up;
}

/* The shortest decimal within the double's rounding interval, and of these the closest. c × 2^q, c of 53 bits. */
static Decimal shortest(uint64_t c, int q) {
  if (q <= 0 && q > -53 && (c & ((UINT64_C(1) << -q) - 1)) == 0) return (Decimal){c >> -q, 0};
  /* The double below is then half as far. */
  int power_of_two = c == UINT64_C(1) << 52 && q > LOWEST_EXPONENT;
  int k = floor_log10_pow2(q, power_of_two);
  int h = q + floor_log2_pow10(-k) + 1;
  uint64_t odd = c & 1; /* the bounds themselves are read back as an even double only */
  uint64_t lower = scaled(-k, (4 * c - 2 + (uint64_t)power_of_two) << h) + odd;
  uint64_t value = scaled(-k, 4 * c << h);
  uint64_t upper = scaled(-k, (4 * c + 2) << h) - odd;
  uint64_t tens = value / 40, ones = value / 4;
  uint64_t shorter = within(tens, 40, lower, upper, UINT64_MAX);
  if (shorter != UINT64_MAX) return (Decimal){shorter, k + 1};
  uint64_t middle = 4 * ones + 2;
  uint64_t closest = ones + (value > middle || (value == middle && ones % 2 == 1));
  return (Decimal){within(ones, 4, lower, upper, closest), k};
}

static Decimal of_double(uint64_t bits) {
  uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
  int exponent = (int)(bits >> 52 & 0x7FF);
  if (exponent == 0) return shortest(fraction, LOWEST_EXPONENT);
  return shortest(fraction | UINT64_C(1) << 52, exponent - 1075);
}

/* Eight digits of a number, with zeros before it. */
static void eight_digits(char out[8], uint32_t number) {
  uint32_t high = number / 10000, low = number % 10000;
  for (int i = 3; i >= 0; i--, high /= 10, low /= 10) {
    out[i] = (char)('0' + high % 10);
    out[i + 4] = (char)('0' + low % 10);
  }
}

/* The digits, without zeros at either end, from `*start` on in `out`: how many, and the decimal point's place. */
static int write_digits(char out[24], Decimal decimal, const char **start, int *point) {
  const uint32_t unit = 100000000;
  int first = 0, end = 24;
  eight_digits(out, (uint32_t)(decimal.digits / unit / unit));
  eight_digits(out + 8, (uint32_t)(decimal.digits / unit % unit));
  eight_digits(out + 16, (uint32_t)(decimal.digits % unit));
  while (out[first] == '0') first++; /* ends: no number here is 0 */
  while (out[end - 1] == '0') end--;
  *start = out + first;
  *point = 24 - first + decimal.exponent;
  return end - first;
}

static char *put(char *out, const char *bytes, int size) {
  memcpy(out, bytes, (size_t)size);
  return out + size;
}

static char *zeros(char *out, int count) {
  memset(out, '0', (size_t)count);
  return out + count;
}

static char *scientific(char *out, const char *digits, int count, int exponent) {
  *out++ = digits[0];
  if (count > 1) {
    *out++ = '.';
    out = put(out, digits + 1, count - 1);
  }
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  exponent = exponent < 0 ? -exponent : exponent;
  if (exponent >= 100) *out++ = (char)('0' + exponent / 100);
  *out++ = (char)('0' + exponent / 10 % 10);
  *out++ = (char)('0' + exponent % 10);
  return out;
}

char *decimal_write(char *out, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (bits >> 63) *out++ = '-';
  if (bits << 1 == 0) return put(out, "0.0", 3);
  char room[24];
  const char *digits;
  int point, count = write_digits(room, of_double(bits), &digits, &point);
  if (point <= -4 || point > 16) return scientific(out, digits, count, point - 1);
  if (point <= 0) return put(zeros(put(out, "0.", 2), -point), digits, count);
  if (point >= count) return put(zeros(put(out, digits, count), point - count), ".0", 2);
  return put(put(put(out, digits, point), ".", 1), digits + point, count - point);
}
