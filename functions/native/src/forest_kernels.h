/* The kernels that there are for trees in lanes. */
#ifndef NATIVE_FOREST_KERNELS_H
#define NATIVE_FOREST_KERNELS_H

#include "forest_plan.h"

#if defined(__x86_64__)
#define HAS_AVX2 1
#else
#define HAS_AVX2 0
#endif
#if defined(__aarch64__)
#define HAS_NEON 1
#else
#define HAS_NEON 0
#endif

/* Makes the lane columns of up to BLOCK rows. `columns` are aligned to 64 bytes. */
typedef void LaneRanks(const Plan *plan, const uint8_t *matrix, size_t rows, uint8_t *columns);

/* Adds the leaves of a tree in lanes for a block of `rows` rows to one margin each, of which there is room for BLOCK. */
typedef void LaneTree(const Plan *plan, const PlanTree *tree, const uint8_t *columns, size_t rows, float *margins);

LaneRanks forest_ranks_portable, forest_ranks_avx2, forest_ranks_neon;
LaneTree forest_tree_portable, forest_tree_avx2, forest_tree_neon;

#endif
