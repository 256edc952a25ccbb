/* Base64 as Kinesis writes it: RFC 4648, section 4, with padding and without line breaks. */
#ifndef NATIVE_BASE64_H
#define NATIVE_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* What base64_decode returns for a text that it does not take. */
#define BASE64_INVALID SIZE_MAX

/* Room in bytes that base64_decode may write to for a text of `size` characters; no overflow for any size. */
#define BASE64_DECODE_ROOM(size) ((size) / 4 * 3 + 3)

/* Characters of the encoded form of `size` bytes; `size` must be under SIZE_MAX / 4 * 3 - 3. */
#define BASE64_ENCODED_SIZE(size) (((size) + 2) / 3 * 4)

/* Decode `size` characters into `out`, which has BASE64_DECODE_ROOM(size) bytes. Bytes written, or BASE64_INVALID for
 * what `binascii.a2b_base64(text, strict_mode=True)` refuses (`out` is undefined then). The two must not overlap. */
size_t base64_decode(const char *text, size_t size, uint8_t *out);

/* Encode `size` bytes into `out`, which has BASE64_ENCODED_SIZE(size) bytes. Characters written; no terminator. */
size_t base64_encode(const uint8_t *data, size_t size, char *out);

#endif
