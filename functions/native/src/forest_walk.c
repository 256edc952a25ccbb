#include "forest_walk.h"

#include <math.h>
#include <string.h>

void forest_expand(const Plan *plan, const uint8_t *row, float *expanded) {
  size_t columns = plan->columns;
  for (size_t i = 0; i < columns; i++) {
    float value;
    memcpy(&value, row + 4 * i, sizeof value);
    expanded[i] = value == value ? value : -INFINITY;
    expanded[columns + i] = value == value ? value : INFINITY;
  }
  expanded[2 * columns] = -INFINITY;
}

static inline uint32_t step(const WalkNode *nodes, uint32_t at, const float *row) {
  const WalkNode *node = &nodes[at];
  return node->left + !(row[node->column] < node->value);
}

/* A few steps of all walks; a walk that is at a leaf stays there. */
static inline void steps(const WalkNode *nodes, uint32_t at[WALKS], const float *const rows[WALKS], uint32_t count) {
  for (uint32_t s = 0; s < count; s++) {
    for (size_t i = 0; i < WALKS; i++) at[i] = step(nodes, at[i], rows[i]);
  }
}

/* To the leaves, which are `depth` steps away at most: of unbalanced trees mostly fewer. */
static inline void walk(const WalkNode *nodes, uint32_t at[WALKS], const float *const rows[WALKS], uint32_t depth) {
  enum { AT_ONCE = 8 };
  for (; depth > AT_ONCE; depth -= AT_ONCE) {
    uint32_t before[WALKS], moved = 0;
    memcpy(before, at, sizeof before);
    steps(nodes, at, rows, AT_ONCE);
    for (size_t i = 0; i < WALKS; i++) moved |= at[i] ^ before[i];
    if (moved == 0) return;
  }
  steps(nodes, at, rows, depth);
}

void forest_walk_row(const Plan *plan, const float *expanded, float *margins) {
  const float *rows[WALKS];
  for (size_t i = 0; i < WALKS; i++) rows[i] = expanded;
  for (size_t t = 0; t < plan->tree_count; t += WALKS) {
    size_t count = plan->tree_count - t < WALKS ? plan->tree_count - t : WALKS;
    uint32_t at[WALKS], depth = 0;
    for (size_t i = 0; i < WALKS; i++) {
      const PlanTree *tree = &plan->trees[t + (i < count ? i : 0)];
      at[i] = tree->root;
      if (tree->depth > depth) depth = tree->depth;
    }
    walk(plan->walk, at, rows, depth);
    for (size_t i = 0; i < count; i++) margins[plan->trees[t + i].class] += plan->walk[at[i]].value;
  }
}

void forest_walk_tree(const Plan *plan, const PlanTree *tree, const float *expanded, float *margins) {
  const float *rows[WALKS];
  uint32_t at[WALKS];
  for (size_t i = 0; i < WALKS; i++) {
    rows[i] = expanded + i * expanded_size(plan);
    at[i] = tree->root;
  }
  walk(plan->walk, at, rows, tree->depth);
  for (size_t i = 0; i < WALKS; i++) margins[i] += plan->walk[at[i]].value;
}
