/* Trees evaluated from node to node. */
#ifndef NATIVE_FOREST_WALK_H
#define NATIVE_FOREST_WALK_H

#include "forest_plan.h"

enum { WALKS = 8 }; /* side by side: each waits for memory, but none for another */

/* Floats of one expanded row. */
static inline size_t expanded_size(const Plan *plan) { return 2 * plan->columns + 1 + plan->code_feature_count; }

void forest_expand(const Plan *plan, const uint8_t *row, float *expanded);

/* Adds the leaves of all trees to the margins of one row, one for each class. */
void forest_walk_row(const Plan *plan, const float *expanded, float *margins);

/* Adds the leaves of one tree for WALKS expanded rows to one margin each. */
void forest_walk_tree(const Plan *plan, const PlanTree *tree, const float *expanded, float *margins);

#endif
