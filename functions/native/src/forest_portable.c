/* Lanes in vectors of 16 bytes, which every processor of either kind has. */
#include <string.h>

#include "forest_kernels.h"

typedef int8_t Bytes __attribute__((vector_size(16)));
typedef uint32_t Words __attribute__((vector_size(16)));
typedef int32_t Integers __attribute__((vector_size(16)));
typedef float Floats __attribute__((vector_size(16)));

typedef struct {
  Bytes half[2];
} Lanes;

#define VALUES 16
#define COUNTED 32
#define LANES 32
#define TARGET
#define LANE_TREE forest_tree_portable
#define LANE_RANKS forest_ranks_portable

static inline Lanes lanes_all(const int8_t bytes[4]) {
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  Bytes all = (Bytes)(Words){word, word, word, word};
  return (Lanes){{all, all}};
}

static inline Lanes lanes_load(const uint8_t *bytes) {
  Lanes lanes;
  memcpy(&lanes, bytes, sizeof lanes);
  return lanes;
}

static inline void lanes_store(uint8_t *bytes, Lanes lanes) { memcpy(bytes, &lanes, sizeof lanes); }

static inline Lanes lanes_left(Lanes bound, Lanes ranks) {
  return (Lanes){{bound.half[0] > ranks.half[0], bound.half[1] > ranks.half[1]}};
}

static inline Lanes lanes_choose(Lanes mask, Lanes a, Lanes b) {
  return (Lanes){{(mask.half[0] & a.half[0]) | (~mask.half[0] & b.half[0]),
                  (mask.half[1] & a.half[1]) | (~mask.half[1] & b.half[1])}};
}

static inline Lanes lanes_leaf(int number, Lanes mask) {
  Bytes next = (Bytes){0} + (int8_t)(number + 1);
  return (Lanes){{mask.half[0] + next, mask.half[1] + next}};
}

static inline void lanes_add(const uint8_t *leaves, int height, Lanes numbers, float *margins) {
  uint8_t number[LANES];
  (void)height;
  memcpy(number, &numbers, sizeof number);
  for (size_t i = 0; i < LANES; i++) {
    float leaf;
    memcpy(&leaf, leaves + 4 * (size_t)number[i], sizeof leaf);
    margins[i] += leaf;
  }
}

/* A comparison is -1 where it holds. */
static inline uint32_t lanes_count(const float *sixteen, float value) {
  Floats all = {value, value, value, value}, quarters[4];
  memcpy(quarters, sixteen, sizeof quarters);
  Integers sum = (quarters[0] <= all) + (quarters[1] <= all) + (quarters[2] <= all) + (quarters[3] <= all);
  return (uint32_t)-(sum[0] + sum[1] + sum[2] + sum[3]);
}

static inline size_t lanes_place(size_t row) { return row; }

static inline void lanes_members(const uint32_t *sets, size_t words, size_t count, const uint8_t *codes,
                                 uint8_t *columns) {
  for (size_t s = 0; s < count; s++, sets += words, columns += BLOCK) {
    for (size_t i = 0; i < BLOCK; i++) columns[i] = in_set(sets, codes[i]) ? 127 : 128;
  }
}

#include "forest_lanes.h"
#include "forest_search.h"
