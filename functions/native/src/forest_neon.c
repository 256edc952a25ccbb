/* Lanes in two vectors of 16 bytes, with leaves looked up in tables. */
#include "forest_kernels.h"

#if HAS_NEON
#include <arm_neon.h>
#include <string.h>

typedef struct {
  int8x16_t half[2];
} Lanes;

#define VALUES 16
#define COUNTED 32
#define LANES 32
#define TARGET
#define LANE_TREE forest_tree_neon
#define LANE_RANKS forest_ranks_neon
#define NEON static inline __attribute__((always_inline))

NEON Lanes lanes_all(const int8_t bytes[4]) {
  int8x16_t all = vld1q_dup_s8(bytes);
  return (Lanes){{all, all}};
}

NEON Lanes lanes_load(const uint8_t *bytes) {
  const int8_t *signed_bytes = (const int8_t *)bytes;
  return (Lanes){{vld1q_s8(signed_bytes), vld1q_s8(signed_bytes + 16)}};
}

NEON void lanes_store(uint8_t *bytes, Lanes lanes) {
  vst1q_u8(bytes, vreinterpretq_u8_s8(lanes.half[0]));
  vst1q_u8(bytes + 16, vreinterpretq_u8_s8(lanes.half[1]));
}

NEON Lanes lanes_left(Lanes bound, Lanes ranks) {
  return (Lanes){{vreinterpretq_s8_u8(vcgtq_s8(bound.half[0], ranks.half[0])),
                  vreinterpretq_s8_u8(vcgtq_s8(bound.half[1], ranks.half[1]))}};
}

NEON Lanes lanes_choose(Lanes mask, Lanes a, Lanes b) {
  return (Lanes){{vbslq_s8(vreinterpretq_u8_s8(mask.half[0]), a.half[0], b.half[0]),
                  vbslq_s8(vreinterpretq_u8_s8(mask.half[1]), a.half[1], b.half[1])}};
}

NEON Lanes lanes_leaf(int number, Lanes mask) {
  int8x16_t next = vdupq_n_s8((int8_t)(number + 1));
  return (Lanes){{vaddq_s8(mask.half[0], next), vaddq_s8(mask.half[1], next)}};
}

/* One byte of each leaf. What is beyond a table of 64 leaves it answers with 0. */
NEON uint8x16_t look_up(const uint8_t *plane, int height, uint8x16_t numbers) {
  if (height <= 4) return vqtbl1q_u8(vld1q_u8(plane), numbers);
  if (height == 5) return vqtbl2q_u8(vld1q_u8_x2(plane), numbers);
  uint8x16_t found = vqtbl4q_u8(vld1q_u8_x4(plane), numbers);
  for (int first = 64; first < 1 << height; first += 64) {
    uint8x16_t moved = vsubq_u8(numbers, vdupq_n_u8((uint8_t)first));
    found = vorrq_u8(found, vqtbl4q_u8(vld1q_u8_x4(plane + first), moved));
  }
  return found;
}

NEON void add(float *margins, uint16x8_t leaves_low, uint16x8_t leaves_high, int upper) {
  uint16x8_t bits = upper ? vzip2q_u16(leaves_low, leaves_high) : vzip1q_u16(leaves_low, leaves_high);
  vst1q_f32(margins, vaddq_f32(vld1q_f32(margins), vreinterpretq_f32_u16(bits)));
}

NEON void lanes_add(const uint8_t *leaves, int height, Lanes numbers, float *margins) {
  size_t stride = leaf_bytes((uint32_t)height) / 4;
  for (int h = 0; h < 2; h++, margins += 16) {
    uint8x16_t number = vreinterpretq_u8_s8(numbers.half[h]);
    uint8x16_t byte0 = look_up(leaves, height, number), byte1 = look_up(leaves + stride, height, number);
    uint8x16_t byte2 = look_up(leaves + 2 * stride, height, number);
    uint8x16_t byte3 = look_up(leaves + 3 * stride, height, number);
    uint16x8_t low0 = vreinterpretq_u16_u8(vzip1q_u8(byte0, byte1));
    uint16x8_t low1 = vreinterpretq_u16_u8(vzip2q_u8(byte0, byte1));
    uint16x8_t high0 = vreinterpretq_u16_u8(vzip1q_u8(byte2, byte3));
    uint16x8_t high1 = vreinterpretq_u16_u8(vzip2q_u8(byte2, byte3));
    add(margins, low0, high0, 0);
    add(margins + 4, low0, high0, 1);
    add(margins + 8, low1, high1, 0);
    add(margins + 12, low1, high1, 1);
  }
}

/* A comparison is -1 where it holds. */
NEON uint32_t lanes_count(const float *sixteen, float value) {
  float32x4_t all = vdupq_n_f32(value);
  uint32x4_t low = vaddq_u32(vcleq_f32(vld1q_f32(sixteen), all), vcleq_f32(vld1q_f32(sixteen + 4), all));
  uint32x4_t high = vaddq_u32(vcleq_f32(vld1q_f32(sixteen + 8), all), vcleq_f32(vld1q_f32(sixteen + 12), all));
  return 0 - vaddvq_u32(vaddq_u32(low, high));
}

NEON size_t lanes_place(size_t row) { return row; }

/* Of a set of BYTE_CODES at most: a byte of its bits, then one of them. */
NEON void lanes_members(const uint32_t *sets, size_t words, size_t count, const uint8_t *codes, uint8_t *columns) {
  for (size_t i = 0; i < BLOCK; i += 16) {
    uint8x16_t code = vld1q_u8(codes + i), byte = vshrq_n_u8(code, 3);
    uint8x16_t bit = vshlq_u8(vdupq_n_u8(1), vreinterpretq_s8_u8(vandq_u8(code, vdupq_n_u8(7))));
    for (size_t s = 0; s < count; s++) {
      uint8x16_t bits = vqtbl2q_u8(vld1q_u8_x2((const uint8_t *)(sets + s * words)), byte);
      vst1q_u8(columns + s * BLOCK + i, veorq_u8(vtstq_u8(bits, bit), vdupq_n_u8(128)));
    }
  }
}

#include "forest_lanes.h"
#include "forest_search.h"

#else
typedef int nothing; /* a translation unit is never empty */
#endif
