/* Instants as envelopes and predictions write them: records/timestamps.py. */
#ifndef NATIVE_TIMESTAMP_H
#define NATIVE_TIMESTAMP_H

#include "text.h"

/* Bytes of 2026-11-21T12:41:07.312Z */
#define TIMESTAMP_SIZE 24

/* Seconds since the epoch in RFC 3339, UTC, with milliseconds: rounded half to even to microseconds and then cut, as
 * CPython's datetime does. False outside of the years 1970 to 9999. */
bool timestamp_write(char out[TIMESTAMP_SIZE], double seconds);

/* Seconds since the epoch of an instant that is written as above, to the last bit as CPython's datetime.timestamp gives
 * them. False where it is written otherwise, is none, or is before 1970 or so late that a double would round it. */
bool timestamp_read(Span text, double *seconds);

/* The same of milliseconds since the epoch, in up to 15 digits, as CPython's `int(text) / 1000`. */
bool timestamp_read_milliseconds(Span text, double *seconds);

#endif
