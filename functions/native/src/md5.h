/* MD5 (RFC 1321) of several messages at a time: the steps of one message wait for each other, so that eight of them
 * take little longer than one. */
#ifndef NATIVE_MD5_H
#define NATIVE_MD5_H

#include <stdint.h>

#include "text.h"

enum { MD5_BLOCK = 64, MD5_DIGEST = 16, MD5_LANES = 8 };

/* The digest of each message. Messages of about the same size, and MD5_LANES of them or more, are the fastest. */
void md5_all(const Span *messages, size_t count, uint8_t (*digests)[MD5_DIGEST]);

#endif
