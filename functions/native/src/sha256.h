/* SHA-256 (FIPS 180-4), with the processor's own instructions where it has them. */
#ifndef NATIVE_SHA256_H
#define NATIVE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64
#define SHA256_DIGEST 32
#define SHA256_HEX 64

/* Absorbs whole blocks into the state. */
typedef void (*Sha256)(uint32_t state[8], const uint8_t *data, size_t blocks);

/* The fastest of them that this processor runs. */
Sha256 sha256_select(void);

/* The one that every processor runs. */
void sha256_portable(uint32_t state[8], const uint8_t *data, size_t blocks);

extern const uint32_t sha256_initial[8];
extern const uint32_t sha256_constants[64];

/* The digest of a message of which `before` bytes, whole blocks, are in `state` already, and `rest` is the end. */
void sha256_finish(Sha256 sha256, const uint32_t state[8], uint64_t before, const uint8_t *rest, size_t size,
                   uint8_t digest[SHA256_DIGEST]);

/* The digest in lower-case hexadecimal, without terminator. */
void sha256_hex(const uint8_t digest[SHA256_DIGEST], char hex[SHA256_HEX]);

#endif
