#include "timestamp.h"

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

/* A number of `count` digits; UINT32_MAX where one of them is none. */
static uint32_t read_digits(const char *at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; i++) {
    uint32_t digit = (uint32_t)(at[i] - '0');
    if (digit > 9) return UINT32_MAX;
    value = value * 10 + digit;
  }
  return value;
}

/* Days since the epoch of a date from 1970 on; false where it is none. */
static bool read_date(const char *at, uint32_t *day) {
  static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  uint32_t year = read_digits(at, 4), month = read_digits(at + 5, 2), of_month = read_digits(at + 8, 2);
  if (year < 1970 || year > 9999 || month < 1 || month > 12 || of_month < 1) return false;
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (of_month > lengths[month - 1] + (uint32_t)(leap && month == 2)) return false;
  /* Years are counted from March on, as in `civil`. */
  uint32_t since = month > 2 ? year : year - 1, from_march = month > 2 ? month - 3 : month + 9;
  *day = since * 365 + since / 4 - since / 100 + since / 400 + (153 * from_march + 2) / 5 + of_month - 1 - 719468;
  return true;
}

bool timestamp_read(Span text, double *seconds) {
  const char *at = text.at;
  if (text.size != TIMESTAMP_SIZE || at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' || at[16] != ':' ||
      at[19] != '.' || at[23] != 'Z') {
    return false;
  }
  uint32_t day, hour = read_digits(at + 11, 2), minute = read_digits(at + 14, 2), second = read_digits(at + 17, 2);
  uint32_t milliseconds = read_digits(at + 20, 3);
  if (!read_date(at, &day) || hour > 23 || minute > 59 || second > 59 || milliseconds > 999) return false;
  uint64_t micros = ((uint64_t)day * 86400 + hour * 3600 + minute * 60 + second) * 1000000 + milliseconds * 1000;
  if (micros > (uint64_t)1 << 53) return false;
  *seconds = (double)micros / 1e6; /* both exact: rounded once, as Python divides integers */
  return true;
}

bool timestamp_read_milliseconds(Span text, double *seconds) {
  uint64_t value = 0;
  if (text.size == 0 || text.size > 15) return false;
  for (size_t i = 0; i < text.size; i++) {
    uint32_t digit = (uint32_t)(text.at[i] - '0');
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  *seconds = (double)value / 1000; /* both exact */
  return true;
}
