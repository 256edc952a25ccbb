/* One tree, for BLOCK rows in lanes. Included by each kernel, after it has said what its vectors are:
 *
 *   LANES, TARGET                  rows that are evaluated at once; the attribute of functions that use the vectors
 *   Lanes                          LANES signed bytes
 *   lanes_all(bytes)               four bytes, over and over
 *   lanes_load(bytes)              from memory, aligned to 64 bytes
 *   lanes_left(bound, ranks)       all ones where bound > rank: the row goes left
 *   lanes_choose(mask, a, b)       a where the mask is all ones, else b
 *   lanes_leaf(number, mask)       the leaf with this number where the mask is all ones, else the one after it
 *   lanes_add(leaves, height, numbers, margins)   adds the leaves with these numbers to LANES margins
 *   lanes_store(bytes, numbers)    to memory, aligned to 64 bytes
 *   lanes_place(row)               the lane of a row within its block, a permutation of the bits of its number
 *
 * and LANE_TREE, the name of the function that is made here. */
#include "forest_kernels.h"

/* All of a tree becomes one function, so that its numbers stay in registers. With a sanitizer, which checks each step,
 * that takes a compiler minutes: a height then calls the one below. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer) || __has_feature(thread_sanitizer)
#define LANES_APART
#endif
#endif
#if defined(LANES_APART) || defined(__SANITIZE_ADDRESS__)
#define LANE_INLINE TARGET static
#else
#define LANE_INLINE TARGET static inline __attribute__((always_inline))
#endif

/* The numbers of the leaves that rows come to in a subtree of a height; `first` is its leftmost leaf's. */
LANE_INLINE Lanes numbers_1(const LaneNode *node, const uint8_t *columns, int first) {
  return lanes_leaf(first, lanes_left(lanes_all(node->bound), lanes_load(columns + node->column)));
}

#define NUMBERS(HEIGHT, BELOW)                                                                                         \
  LANE_INLINE Lanes numbers_##HEIGHT(const LaneNode *node, const uint8_t *columns, int first) {                        \
    const int half = 1 << (HEIGHT - 1);                                                                                \
    Lanes left = numbers_##BELOW(node + 1, columns, first);                                                            \
    Lanes right = numbers_##BELOW(node + half, columns, first + half);                                                 \
    Lanes mask = lanes_left(lanes_all(node->bound), lanes_load(columns + node->column));                               \
    return lanes_choose(mask, left, right);                                                                            \
  }

NUMBERS(2, 1)
NUMBERS(3, 2)
NUMBERS(4, 3)
NUMBERS(5, 4)
NUMBERS(6, 5)
NUMBERS(7, 6)
NUMBERS(8, 7)

#define TREE(HEIGHT)                                                                                                   \
  case HEIGHT:                                                                                                         \
    for (size_t row = 0; row < BLOCK; row += LANES) {                                                                  \
      Lanes numbers = numbers_##HEIGHT(nodes, columns + row, 0);                                                       \
      if (tree->steps == 0) {                                                                                          \
        lanes_add(leaves, HEIGHT, numbers, margins + row);                                                             \
      } else {                                                                                                         \
        lanes_store(places + row, numbers);                                                                            \
      }                                                                                                                \
    }                                                                                                                  \
    break;

enum { WALKERS = 8 }; /* side by side below the lanes: each waits for memory, but none for another */

/* One step of each. Their lanes are those of a block's first WALKERS rows, from where `columns` begin on. */
LANE_INLINE void step_below(const LowerNode *nodes, const uint8_t *columns, uint32_t at[WALKERS]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < WALKERS; i++) {
    LowerNode node = nodes[at[i]];
    int8_t rank = (int8_t)columns[(uint32_t)node + lanes_place(i)];
    at[i] = (uint32_t)(node >> LOWER_LEFT_BITS) + (rank >= (int8_t)(node >> LOWER_BOUND_BITS));
  }
}

/* From the places where the levels in lanes end to the leaves; of unbalanced trees most are near. */
TARGET static void walk_below(const Plan *plan, const PlanTree *tree, const uint8_t *columns, const uint8_t *places,
                              float *margins, size_t rows) {
  enum { AT_ONCE = 4 };
  const LowerNode *nodes = plan->lower + tree->lower;
  const float *leaves = plan->lower_leaves + tree->lower;
  for (size_t row = 0; row < rows; row += WALKERS) {
    const uint8_t *lanes = columns + lanes_place(row);
    uint32_t at[WALKERS], steps = tree->steps, moved = 1;
    for (size_t i = 0; i < WALKERS; i++) at[i] = places[lanes_place(row) + lanes_place(i)];
    for (; steps > AT_ONCE && moved != 0; steps -= AT_ONCE) {
      uint32_t before[WALKERS];
      memcpy(before, at, sizeof before);
      for (uint32_t s = 0; s < AT_ONCE; s++) step_below(nodes, lanes, at);
      moved = 0;
      for (size_t i = 0; i < WALKERS; i++) moved |= at[i] ^ before[i];
    }
    for (; steps > 0 && moved != 0; steps--) step_below(nodes, lanes, at);
    for (size_t i = 0; i < WALKERS; i++) margins[row + i] += leaves[at[i]];
  }
}

TARGET void LANE_TREE(const Plan *plan, const PlanTree *tree, const uint8_t *columns, size_t rows, float *margins) {
  uint8_t places[BLOCK] __attribute__((aligned(64)));
  const LaneNode *nodes = plan->lanes + tree->nodes;
  const uint8_t *leaves = plan->leaves + tree->leaves;
  switch (tree->height) {
    TREE(1)
    TREE(2)
    TREE(3)
    TREE(4)
    TREE(5)
    TREE(6)
    TREE(7)
    TREE(8)
    default:
      break;
  }
  if (tree->steps > 0) walk_below(plan, tree, columns, places, margins, rows);
}
