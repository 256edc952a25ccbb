/* UTF-8 as Python's strict decoder takes it. */
#ifndef NATIVE_UTF8_H
#define NATIVE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the bytes are valid: no surrogates, nothing longer than need be, nothing beyond U+10FFFF. */
bool utf8_valid(const uint8_t *data, size_t size);

#endif
