/* How far a text continues without a character that is special in a JSON string. */
#ifndef NATIVE_PLAIN_H
#define NATIVE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(NATIVE_PORTABLE)
#include <emmintrin.h>
#elif defined(__aarch64__) && !defined(NATIVE_PORTABLE)
#include <arm_neon.h>
#endif

static inline size_t run_portable(const char *at, size_t size, bool ascii) {
  size_t i = 0;
  for (; i < size; i++) {
    unsigned char byte = (unsigned char)at[i];
    if (byte < ' ' || (ascii && byte >= 0x80) || byte == '"' || byte == '\\') break;
  }
  return i;
}

/* Bytes before the first quote, backslash, control character or, where `ascii`, byte beyond ASCII; `size` where there
 * is none. */
static inline size_t run(const char *at, size_t size, bool ascii) {
  size_t i = 0;
#if defined(__SSE2__) && !defined(NATIVE_PORTABLE)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
  for (; size - i >= 16; i += 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
    /* Compared with a sign, bytes beyond ASCII are below the space, too. */
    __m128i control =
        ascii ? _mm_cmplt_epi8(bytes, space) : _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(31)), bytes);
    __m128i special =
        _mm_or_si128(control, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    int mask = _mm_movemask_epi8(special);
    if (mask) return i + (size_t)__builtin_ctz((unsigned)mask);
  }
#elif defined(__aarch64__) && !defined(NATIVE_PORTABLE)
  const uint8x16_t quote = vdupq_n_u8('"'), backslash = vdupq_n_u8('\\'), space = vdupq_n_u8(' ');
  for (; size - i >= 16; i += 16) {
    uint8x16_t bytes = vld1q_u8((const uint8_t *)(at + i));
    uint8x16_t control = vcltq_u8(bytes, space);
    if (ascii) control = vorrq_u8(control, vcgeq_u8(bytes, vdupq_n_u8(0x80)));
    uint8x16_t special = vorrq_u8(control, vorrq_u8(vceqq_u8(bytes, quote), vceqq_u8(bytes, backslash)));
    /* Four bits a byte: NEON has no movemask. */
    uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(special), 4)), 0);
    if (mask) return i + (size_t)__builtin_ctzll(mask) / 4;
  }
#endif
  return i + run_portable(at + i, size - i, ascii);
}

/* Bytes of a JSON string before the first quote, backslash, control character or byte beyond ASCII. */
static inline size_t plain_run(const char *at, size_t size) { return run(at, size, true); }

/* The same, past bytes beyond ASCII. */
static inline size_t string_run(const char *at, size_t size) { return run(at, size, false); }

#endif
