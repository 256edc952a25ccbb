#include "timestamp.h"

#include <stdint.h>

#define YEAR_10000 253402300800.0 /* in seconds since the epoch */

static char *digits(char *out, uint32_t value, int count) {
  for (int i = count - 1; i >= 0; i--) {
    out[i] = (char)('0' + value % 10);
    value /= 10;
  }
  return out + count;
}

/* Year, month and day of a day since the epoch. Years are counted from March on, so that a leap day ends its year. */
static void civil(uint32_t day, uint32_t *year, uint32_t *month, uint32_t *day_of_month) {
  uint32_t since = day + 719468; /* since 0000-03-01 */
  uint32_t era = since / 146097, of_era = since % 146097;
  uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint32_t from_march = (5 * of_year + 2) / 153;
  *day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
  *month = from_march < 10 ? from_march + 3 : from_march - 9;
  *year = era * 400 + year_of_era + (*month <= 2);
}

/* Half to even; each step a statement of its own, so that no compiler fuses two into one of another rounding. */
static uint32_t rounded(double value) {
  uint32_t below = (uint32_t)value;
  double rest = value - below;
  return below + (rest > 0.5 || (rest == 0.5 && below % 2 == 1));
}

bool timestamp_write(char out[TIMESTAMP_SIZE], double seconds) {
  if (!(seconds >= 0 && seconds < YEAR_10000)) return false;
  uint64_t whole = (uint64_t)seconds;
  double fraction = seconds - (double)whole;
  double scaled = fraction * 1e6;
  uint32_t micros = rounded(scaled);
  if (micros == 1000000) {
    micros = 0;
    whole++;
  }
  if (whole >= (uint64_t)YEAR_10000) return false;
  uint32_t day = (uint32_t)(whole / 86400), second = (uint32_t)(whole % 86400), year, month, day_of_month;
  civil(day, &year, &month, &day_of_month);
  out = digits(out, year, 4);
  *out++ = '-';
  out = digits(out, month, 2);
  *out++ = '-';
  out = digits(out, day_of_month, 2);
  *out++ = 'T';
  out = digits(out, second / 3600, 2);
  *out++ = ':';
  out = digits(out, second / 60 % 60, 2);
  *out++ = ':';
  out = digits(out, second % 60, 2);
  *out++ = '.';
  out = digits(out, micros / 1000, 3);
  *out = 'Z';
  return true;
}
