/* How far a text continues without a character that is special in a JSON string. */
#ifndef NATIVE_PLAIN_H
#define NATIVE_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(NATIVE_PORTABLE)
#include <emmintrin.h>
#elif defined(__aarch64__) && !defined(NATIVE_PORTABLE)
#include <arm_neon.h>
#endif

static inline size_t plain_run_portable(const char *at, size_t size) {
  size_t i = 0;
  for (; i < size; i++) {
    unsigned char byte = (unsigned char)at[i];
    if (byte < ' ' || byte >= 0x80 || byte == '"' || byte == '\\') break;
  }
  return i;
}

/* Bytes before the first quote, backslash, control character or byte beyond ASCII; `size` where there is none. */
static inline size_t plain_run(const char *at, size_t size) {
  size_t i = 0;
#if defined(__SSE2__) && !defined(NATIVE_PORTABLE)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
  for (; size - i >= 16; i += 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
    /* Compared with a sign, bytes beyond ASCII are below the space, too. */
    __m128i special = _mm_or_si128(_mm_cmplt_epi8(bytes, space),
                                   _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    int mask = _mm_movemask_epi8(special);
    if (mask) return i + (size_t)__builtin_ctz((unsigned)mask);
  }
#elif defined(__aarch64__) && !defined(NATIVE_PORTABLE)
  const int8x16_t quote = vdupq_n_s8('"'), backslash = vdupq_n_s8('\\'), space = vdupq_n_s8(' ');
  for (; size - i >= 16; i += 16) {
    int8x16_t bytes = vld1q_s8((const int8_t *)(const void *)(at + i));
    uint8x16_t special = vorrq_u8(vcltq_s8(bytes, space), vorrq_u8(vceqq_s8(bytes, quote), vceqq_s8(bytes, backslash)));
    /* Four bits a byte: NEON has no movemask. */
    uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(special), 4)), 0);
    if (mask) return i + (size_t)__builtin_ctzll(mask) / 4;
  }
#endif
  return i + plain_run_portable(at + i, size - i);
}

#endif
