/* Instants as predictions write them: scorer/records.py, timestamp. */
#ifndef NATIVE_TIMESTAMP_H
#define NATIVE_TIMESTAMP_H

#include <stdbool.h>

/* Bytes of 2026-11-21T12:41:07.312Z */
#define TIMESTAMP_SIZE 24

/* Seconds since the epoch in RFC 3339, UTC, with milliseconds: rounded half to even to microseconds and then cut, as
 * CPython's datetime does. False outside of the years 1970 to 9999. */
bool timestamp_write(char out[TIMESTAMP_SIZE], double seconds);

#endif
