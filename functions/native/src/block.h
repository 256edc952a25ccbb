/* Sixteen bytes of a JSON string at once: which of them must be looked at. */
#ifndef NATIVE_BLOCK_H
#define NATIVE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__) && !defined(NATIVE_PORTABLE)
#define BLOCK_SSE2 1
#include <emmintrin.h>
#elif defined(__aarch64__) && !defined(NATIVE_PORTABLE)
#define BLOCK_NEON 1
#include <arm_neon.h>
#endif

#define BLOCK 16

/* Marks in a block, the first one lowest. NEON has no movemask: there a place has four bits, which are all the same. */
typedef uint64_t Marks;
#if BLOCK_NEON
enum { MARK_BITS = 4 };
#else
enum { MARK_BITS = 1 };
#endif

static inline unsigned first_mark(Marks marks) { return (unsigned)__builtin_ctzll(marks) / MARK_BITS; }

/* Without a mark and the one that may be behind it. */
static inline Marks without_pair(Marks marks, unsigned place) {
  const Marks pair = ((Marks)1 << 2 * MARK_BITS) - 1;
  return marks & ~(pair << place * MARK_BITS);
}

#if BLOCK_NEON
static inline Marks marks_of(uint8x16_t bytes) {
  return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(bytes), 4)), 0);
}
#endif

/* Where the backslashes are. */
static inline Marks backslashes(const char *at) {
#if BLOCK_SSE2
  __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
  return (Marks)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
#elif BLOCK_NEON
  return marks_of(vceqq_u8(vld1q_u8((const uint8_t *)at), vdupq_n_u8('\\')));
#else
  Marks marks = 0;
  for (int i = 0; i < BLOCK; i++) marks |= (Marks)(at[i] == '\\') << i;
  return marks;
#endif
}

/* Where quotes, backslashes and control characters are. `*beyond` is set where any byte is beyond ASCII. */
static inline Marks specials(const char *at, bool *beyond) {
#if BLOCK_SSE2
  __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
  __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  /* Compared without a sign: only control characters are their own minimum with 31. */
  __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(31)), bytes);
  *beyond |= _mm_movemask_epi8(bytes) != 0;
  return (Marks)_mm_movemask_epi8(_mm_or_si128(found, control));
#elif BLOCK_NEON
  uint8x16_t bytes = vld1q_u8((const uint8_t *)at);
  uint8x16_t found = vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')), vceqq_u8(bytes, vdupq_n_u8('\\')));
  *beyond |= vmaxvq_u8(bytes) >= 0x80;
  return marks_of(vorrq_u8(found, vcltq_u8(bytes, vdupq_n_u8(' '))));
#else
  Marks marks = 0;
  for (int i = 0; i < BLOCK; i++) {
    unsigned char byte = (unsigned char)at[i];
    marks |= (Marks)(byte < ' ' || byte == '"' || byte == '\\') << i;
    *beyond |= byte >= 0x80;
  }
  return marks;
#endif
}

#endif
