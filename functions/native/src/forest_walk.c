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
  for (size_t i = 0; i < plan->code_feature_count; i++) {
    const CodeFeature *feature = &plan->code_features[i];
    float value;
    memcpy(&value, row + sizeof value * feature->feature, sizeof value);
    uint32_t code = code_of(feature, value);
    memcpy(&expanded[code_column(plan) + i], &code, sizeof code);
  }
}

/* With `codes`, the first column that has codes; without, they are not looked for. */
static inline uint32_t step(const Plan *plan, uint32_t at, const float *row, uint32_t codes) {
  const WalkNode *node = &plan->walk[at];
  if (codes != 0 && node->column >= codes) {
    uint32_t code;
    memcpy(&code, &row[node->column], sizeof code);
    return node->left + in_set(plan->set_words + node->set, code);
  }
  return node->left + !(row[node->column] < node->value);
}

/* A few steps of all walks; a walk that is at a leaf stays there. */
static inline void steps(const Plan *plan, uint32_t at[WALKS], const float *const rows[WALKS], uint32_t count,
                         uint32_t codes) {
  for (uint32_t s = 0; s < count; s++) {
    for (size_t i = 0; i < WALKS; i++) at[i] = step(plan, at[i], rows[i], codes);
  }
}

/* To the leaves, which are `depth` steps away at most: of unbalanced trees mostly fewer. */
static inline void walk_by(const Plan *plan, uint32_t at[WALKS], const float *const rows[WALKS], uint32_t depth,
                           uint32_t codes) {
  enum { AT_ONCE = 8 };
  for (; depth > AT_ONCE; depth -= AT_ONCE) {
    uint32_t before[WALKS], moved = 0;
    memcpy(before, at, sizeof before);
    steps(plan, at, rows, AT_ONCE, codes);
    for (size_t i = 0; i < WALKS; i++) moved |= at[i] ^ before[i];
    if (moved == 0) return;
  }
  steps(plan, at, rows, depth, codes);
}

static inline void walk(const Plan *plan, uint32_t at[WALKS], const float *const rows[WALKS], uint32_t depth) {
  if (plan->code_feature_count == 0) {
    walk_by(plan, at, rows, depth, 0);
  } else {
    walk_by(plan, at, rows, depth, code_column(plan));
  }
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
    walk(plan, at, rows, depth);
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
  walk(plan, at, rows, tree->depth);
  for (size_t i = 0; i < WALKS; i++) margins[i] += plan->walk[at[i]].value;
}
