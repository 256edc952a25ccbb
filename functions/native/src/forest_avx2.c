/* Lanes in two vectors of 32 bytes. A leaf is looked up byte by byte in tables of 16, which is faster than to gather
 * floats from memory; and so that they come out in the order of the rows, lanes have an order of their own. */
#include "forest_kernels.h"

#if HAS_AVX2
#include <immintrin.h>
#include <string.h>

typedef struct {
  __m256i half[2];
} Lanes;

#define VALUES 32
#define COUNTED 48
#define LANES 64
#define TARGET __attribute__((target("avx2,popcnt")))
#define LANE_TREE forest_tree_avx2
#define LANE_RANKS forest_ranks_avx2
#define AVX2 TARGET static inline __attribute__((always_inline))

AVX2 Lanes lanes_all(const int8_t bytes[4]) {
  int32_t word;
  memcpy(&word, bytes, sizeof word);
  __m256i all = _mm256_set1_epi32(word);
  return (Lanes){{all, all}};
}

AVX2 Lanes lanes_load(const uint8_t *bytes) {
  const __m256i *halves = (const __m256i *)(const void *)bytes;
  return (Lanes){{_mm256_load_si256(halves), _mm256_load_si256(halves + 1)}};
}

AVX2 void lanes_store(uint8_t *bytes, Lanes lanes) {
  __m256i *halves = (__m256i *)(void *)bytes;
  _mm256_store_si256(halves, lanes.half[0]);
  _mm256_store_si256(halves + 1, lanes.half[1]);
}

AVX2 Lanes lanes_left(Lanes bound, Lanes ranks) {
  return (Lanes){{_mm256_cmpgt_epi8(bound.half[0], ranks.half[0]), _mm256_cmpgt_epi8(bound.half[1], ranks.half[1])}};
}

AVX2 Lanes lanes_choose(Lanes mask, Lanes a, Lanes b) {
  return (Lanes){
      {_mm256_blendv_epi8(b.half[0], a.half[0], mask.half[0]), _mm256_blendv_epi8(b.half[1], a.half[1], mask.half[1])}};
}

AVX2 Lanes lanes_leaf(int number, Lanes mask) {
  __m256i next = _mm256_set1_epi8((char)(number + 1));
  return (Lanes){{_mm256_add_epi8(mask.half[0], next), _mm256_add_epi8(mask.half[1], next)}};
}

/* One byte of each leaf: from all tables by the lower four bits of its number, then by one more bit after the other. */
AVX2 __m256i look_up(const uint8_t *plane, int height, __m256i numbers) {
  __m256i found[16], low = _mm256_and_si256(numbers, _mm256_set1_epi8(15));
  int tables = height < 4 ? 1 : 1 << (height - 4);
#pragma GCC unroll 16
  for (int i = 0; i < tables; i++) {
    __m128i table = _mm_loadu_si128((const __m128i *)(const void *)(plane + 16 * i));
    found[i] = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), low);
  }
#pragma GCC unroll 4
  for (int bit = 4; tables > 1; bit++) {
    __m256i mask = _mm256_slli_epi16(numbers, 7 - bit); /* the bit, as the highest one of its byte */
    tables /= 2;
#pragma GCC unroll 8
    for (int i = 0; i < tables; i++) found[i] = _mm256_blendv_epi8(found[2 * i], found[2 * i + 1], mask);
  }
  return found[0];
}

AVX2 void add(float *margins, __m256i leaves) {
  _mm256_storeu_ps(margins, _mm256_add_ps(_mm256_loadu_ps(margins), _mm256_castsi256_ps(leaves)));
}

AVX2 void lanes_add(const uint8_t *leaves, int height, Lanes numbers, float *margins) {
  size_t stride = leaf_bytes((uint32_t)height) / 4;
#pragma GCC unroll 2
  for (int h = 0; h < 2; h++, margins += 32) {
    __m256i byte0 = look_up(leaves, height, numbers.half[h]);
    __m256i byte1 = look_up(leaves + stride, height, numbers.half[h]);
    __m256i byte2 = look_up(leaves + 2 * stride, height, numbers.half[h]);
    __m256i byte3 = look_up(leaves + 3 * stride, height, numbers.half[h]);
    __m256i low0 = _mm256_unpacklo_epi8(byte0, byte1), low1 = _mm256_unpackhi_epi8(byte0, byte1);
    __m256i high0 = _mm256_unpacklo_epi8(byte2, byte3), high1 = _mm256_unpackhi_epi8(byte2, byte3);
    add(margins, _mm256_unpacklo_epi16(low0, high0));
    add(margins + 8, _mm256_unpackhi_epi16(low0, high0));
    add(margins + 16, _mm256_unpacklo_epi16(low1, high1));
    add(margins + 24, _mm256_unpackhi_epi16(low1, high1));
  }
}

AVX2 uint32_t lanes_count(const float *sixteen, float value) {
  __m256 all = _mm256_set1_ps(value);
  __m256 low = _mm256_cmp_ps(_mm256_loadu_ps(sixteen), all, _CMP_LE_OQ);
  __m256 high = _mm256_cmp_ps(_mm256_loadu_ps(sixteen + 8), all, _CMP_LE_OQ);
  unsigned mask = (unsigned)_mm256_movemask_ps(low) | (unsigned)_mm256_movemask_ps(high) << 8;
  return (uint32_t)__builtin_popcount(mask);
}

/* Of eight rows, the leaves of four come out of the lower half of a vector, and of four out of the upper one. */
AVX2 size_t lanes_place(size_t row) { return (row & 32) | (row & 4) << 2 | (row >> 3 & 3) << 2 | (row & 3); }

/* Of a set of BYTE_CODES at most: a byte of its bits, then one of them. */
AVX2 void members(const uint32_t *set, bool half, const __m256i *codes, const __m256i *bit, __m256i *column) {
  __m256i lower = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)set));
  __m256i upper = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(set + 4)));
#pragma GCC unroll 2
  for (size_t i = 0; i < 2; i++) {
    __m256i byte = _mm256_and_si256(_mm256_srli_epi16(codes[i], 3), _mm256_set1_epi8(15));
    __m256i bits = _mm256_shuffle_epi8(lower, byte);
    if (!half) bits = _mm256_blendv_epi8(bits, _mm256_shuffle_epi8(upper, byte), codes[i]); /* by their highest bits */
    __m256i member = _mm256_cmpeq_epi8(_mm256_and_si256(bits, bit[i]), bit[i]);
    _mm256_store_si256(column + i, _mm256_xor_si256(member, _mm256_set1_epi8(-128)));
  }
}

AVX2 void lanes_members(const uint32_t *sets, size_t words, size_t count, const uint8_t *codes, uint8_t *columns) {
  const __m256i powers = _mm256_set1_epi64x((long long)0x8040201008040201), low = _mm256_set1_epi8(7);
  const __m256i *halves = (const __m256i *)(const void *)codes;
  const __m256i code[2] = {_mm256_load_si256(halves), _mm256_load_si256(halves + 1)};
  const __m256i bit[2] = {_mm256_shuffle_epi8(powers, _mm256_and_si256(code[0], low)),
                          _mm256_shuffle_epi8(powers, _mm256_and_si256(code[1], low))};
  __m256i *column = (__m256i *)(void *)columns;
  if (words <= 4) {
    for (size_t s = 0; s < count; s++) members(sets + s * words, true, code, bit, column + 2 * s);
  } else {
    for (size_t s = 0; s < count; s++) members(sets + s * words, false, code, bit, column + 2 * s);
  }
}

#include "forest_lanes.h"
#include "forest_search.h"

#else
typedef int nothing; /* a translation unit is never empty */
#endif
