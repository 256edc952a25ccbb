#include "number.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "number_exact.h"
#include "powers_of_ten.h"

enum {
  MOST_DIGITS = 19,        /* as many as a uint64_t holds, whichever they are */
  MOST_EXPONENT = 1 << 30, /* what is beyond is cut off: digits to make up for it would not fit into a payload */
  MOST_INT_DIGITS = 4300,  /* Python converts no int of more */
};

/* A number as it is written. */
typedef struct {
  const uint8_t *first, *end; /* its first digit; behind it */
  uint64_t digits;            /* all of them, without the point; of any value where there are too many */
  ptrdiff_t whole, fraction;  /* how many are before and behind the point */
  int exponent;
  bool negative, integral;
} Written;

enum { HIGHEST_POWER = 308 }; /* beyond, every digit makes infinity */

/* Powers of ten that a double holds exactly: one operation on exact values rounds once. */
static const double EXACT_POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* What makes room for that many digits. */
static const uint32_t SHIFTS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

static bool is_digit(uint8_t byte) { return (uint8_t)(byte - '0') < 10; }

/* Of eight bytes, the first one lowest and each less '0': the high bit of those that are no digits. Beyond the lowest
 * one that is none, the others may be marked wrongly. */
static uint64_t not_digits(uint64_t values) { return (values | (values + 0x7676767676767676)) & 0x8080808080808080; }

/* The number that eight digits make: neighbours are put together, then pairs, then fours. */
static uint64_t eight_digits(uint64_t values) {
  values = values * 10 + (values >> 8);
  const uint64_t pair = 0x000000ff000000ff;
  return ((values & pair) * 0x000f424000000064 + (values >> 16 & pair) * 0x0000271000000001) >> 32;
}

/* Eight bytes, the first one lowest, each less '0'; how many of them are digits before another comes. */
static inline uint64_t leading_digits(const uint8_t *at, unsigned *count) {
  uint64_t values;
  memcpy(&values, at, sizeof values);
  values ^= 0x3030303030303030;
  uint64_t others = not_digits(values);
  *count = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
  return values;
}

/* The number that the first 1 to 7 of eight values make. */
static inline uint64_t few_digits(uint64_t values, unsigned count) { return eight_digits(values << (64 - 8 * count)); }

/* Digits one by one: best where there are few, as before the point. */
static inline const uint8_t *read_few_digits(const uint8_t *at, const uint8_t *end, uint64_t *digits) {
  for (; at < end && is_digit(*at); at++) *digits = *digits * 10 + (uint64_t)(*at - '0');
  return at;
}

/* Digits by eights: best where there are many, as behind the point. */
static inline const uint8_t *read_digits(const uint8_t *at, const uint8_t *end, uint64_t *digits) {
  for (; end - at >= 8; at += 8) {
    unsigned count;
    uint64_t values = leading_digits(at, &count);
    if (count == 0) return at;
    if (count < 8) {
      *digits = *digits * SHIFTS[count] + few_digits(values, count);
      return at + count;
    }
    *digits = *digits * 100000000 + eight_digits(values);
  }
  return read_few_digits(at, end, digits);
}

static const uint8_t *read_exponent(const uint8_t *at, const uint8_t *end, int *exponent) {
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  if (at == end || !is_digit(*at)) return NULL;
  int sum = 0;
  for (; at < end && is_digit(*at); at++) sum = sum > MOST_EXPONENT / 10 - 1 ? MOST_EXPONENT : sum * 10 + (*at - '0');
  *exponent = negative ? -sum : sum;
  return at;
}

/* Read by JSON's grammar; false where it is none. */
static inline bool read_written(const uint8_t *at, const uint8_t *end, Written *written) {
  *written = (Written){.negative = at < end && *at == '-', .integral = true};
  written->first = at += written->negative;
  if (at == end || !is_digit(*at)) return false;
  const uint8_t *whole_end = read_few_digits(at, end, &written->digits);
  written->whole = whole_end - at;
  if (*at == '0' && written->whole > 1) return false;
  at = whole_end;
  if (at < end && *at == '.') {
    const uint8_t *fraction = ++at;
    at = read_digits(at, end, &written->digits);
    written->fraction = at - fraction;
    if (written->fraction == 0) return false;
    written->integral = false;
  }
  if (at < end && (*at | 0x20) == 'e') {
    if (!(at = read_exponent(at + 1, end, &written->exponent))) return false;
    written->integral = false;
  }
  written->end = at;
  return true;
}

/* digits × 10^power by one multiplication of 64 by 128 bits; false where 128 bits do not decide the rounding, and
 * `value` is a double near it then, and for what is below normal doubles.
 *
 * The product is cut off to its 128 highest bits. What was lost there and with the power is less than 2 of its lowest
 * bit: the true value is in [product, product + 2). */
static bool scale(uint64_t digits, int power, double *value) {
  int zeros = __builtin_clzll(digits);
  digits <<= zeros;
  unsigned __int128 product = (unsigned __int128)digits * POWERS[power - LOWEST_POWER].high;
  product += (uint64_t)((unsigned __int128)digits * POWERS[power - LOWEST_POWER].low >> 64);

  int dropped = 74 + (int)(product >> 127); /* bits beyond a double's 53 */
  unsigned __int128 rest = product & (((unsigned __int128)1 << dropped) - 1),
                    half = (unsigned __int128)1 << (dropped - 1);
  bool decided = rest > half || rest + 2 <= half;
  uint64_t bits = (uint64_t)(product >> dropped) + (rest > half);

  int exponent = ((power * 217706) >> 16) - 127 + 64 - zeros + dropped; /* log2(10) in 65536ths, rounded down */
  if (exponent < -1022 || exponent > 971) {
    *value = ldexp((double)bits, exponent);
    return decided && exponent > 971;
  }
  uint64_t scaled = (uint64_t)(1023 + exponent) << 52;
  double factor;
  memcpy(&factor, &scaled, sizeof factor);
  *value = (double)bits * factor;
  return decided;
}

/* The double nearest to digits × 10^power; false where that is not decided, and `value` is near it. digits: not 0. */
static bool nearest(uint64_t digits, int power, double *value) {
  if (digits <= (uint64_t)1 << 53 && power >= -22 && power <= 22) {
    *value = power < 0 ? (double)digits / EXACT_POWERS[-power] : (double)digits * EXACT_POWERS[power];
    return true;
  }
  return scale(digits, power, value);
}

/* Of more digits: past the zeros before the first one that counts, and the first 19 from there as an integer. */
static uint64_t cut_off(Digits *all) {
  for (; all->count > 0 && (*all->first == '0' || *all->first == '.'); all->first++) all->count -= *all->first == '0';
  uint64_t digits = 0;
  const uint8_t *at = all->first;
  for (size_t left = all->count < MOST_DIGITS ? all->count : MOST_DIGITS; left > 0; at++) {
    if (*at == '.') continue;
    digits = digits * 10 + (uint64_t)(*at - '0');
    left--;
  }
  return digits;
}

/* The double that a number is, without its sign. */
static double value_of(const Written *written) {
  ptrdiff_t exponent = written->exponent - written->fraction, dropped = 0;
  Digits all = {written->first, (size_t)(written->whole + written->fraction), exponent};
  uint64_t digits = written->digits;
  if (all.count > MOST_DIGITS) {
    digits = cut_off(&all);
    if (all.count > MOST_DIGITS) dropped = (ptrdiff_t)all.count - MOST_DIGITS;
  }
  if (digits == 0 || exponent + dropped < LOWEST_POWER) return 0.0; /* under half of the smallest double */
  if (exponent + dropped > HIGHEST_POWER) return INFINITY;
  double value, above;
  int power = (int)(exponent + dropped);
  bool decided = nearest(digits, power, &value);
  /* Digits that were cut off matter only where the next number of as many digits is read as another double. */
  if (decided && dropped) decided = nearest(digits + 1, power, &above) && memcmp(&value, &above, sizeof value) == 0;
  if (decided) return value;
  return number_exact(&all, isinf(value) ? 0x1.fffffffffffffp1023 : value);
}

static inline double with_sign(double value, bool negative) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  bits |= (uint64_t)negative << 63;
  memcpy(&value, &bits, sizeof bits);
  return value;
}

/* How nearly every number is written: 1 to 7 digits, most with a point and 1 to 7 digits behind it, and more text after
 * them. Without a loop, and nothing to guess but what is the same for one number after the other. NULL where it is
 * written otherwise. */
static inline const uint8_t *read_plain(const uint8_t *at, const uint8_t *end, Number *number) {
  if (end - at < 1 + 7 + 1 + 8) return NULL;
  bool negative = *at == '-';
  at += negative;
  unsigned count, places = 0;
  uint64_t values = leading_digits(at, &count);
  if (count == 0 || count == 8 || (count > 1 && *at == '0')) return NULL;
  uint64_t digits = count == 1 ? values & 15 : few_digits(values, count);
  at += count;
  if (*at == '.') {
    values = leading_digits(++at, &places);
    if (places == 0 || places == 8) return NULL;
    digits = digits * SHIFTS[places] + few_digits(values, places);
    at += places;
  }
  if ((*at | 0x20) == 'e') return NULL;
  number->integral = places == 0;
  number->value = (double)digits / EXACT_POWERS[places];                    /* exact in both: rounded once */
  if (digits || places) number->value = with_sign(number->value, negative); /* an int has no -0 */
  return at;
}

static bool is_long_int(const Written *written) { return written->integral && written->whole > MOST_INT_DIGITS; }

const uint8_t *number_read(const uint8_t *at, const uint8_t *end, Number *number) {
  const uint8_t *behind = read_plain(at, end, number);
  if (behind) return behind;
  Written written;
  if (!read_written(at, end, &written) || is_long_int(&written)) return NULL;
  number->integral = written.integral;
  number->value = value_of(&written);
  if (written.negative && (number->value != 0 || !written.integral))
    number->value = -number->value; /* an int has no -0 */
  return written.end;
}

const uint8_t *number_skip(const uint8_t *at, const uint8_t *end) {
  Written written;
  return read_written(at, end, &written) && !is_long_int(&written) ? written.end : NULL;
}
