/* From the inside of a JSON string to its text. */
#ifndef NATIVE_ESCAPES_H
#define NATIVE_ESCAPES_H

#include "text.h"

/* What json_unescape returns for a text that it does not take. */
#define ESCAPES_INVALID SIZE_MAX

/* Write the text that the inside of a JSON string represents, as Python's json reads it, into `out`, which has
 * inside.size bytes. Its size, or ESCAPES_INVALID for escapes that are none and for single surrogates,
 * which UTF-8 cannot hold (`out` is undefined then). What is not an escape is copied, and not looked into. */
size_t json_unescape(Span inside, char *out);

#endif
