#include "forest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "forest_kernels.h"
#include "forest_walk.h"
#include "shap.h"

int forest_has_kernel(ForestKernel kernel) {
  switch (kernel) {
    case FOREST_AVX2:
#if HAS_AVX2
      return cpu_has(CPU_AVX2);
#else
      return 0;
#endif
    case FOREST_NEON:
      return HAS_NEON;
    default:
      return 1;
  }
}

static ForestKernel fastest(void) {
  if (forest_has_kernel(FOREST_AVX2)) return FOREST_AVX2;
  if (forest_has_kernel(FOREST_NEON)) return FOREST_NEON;
  return FOREST_PORTABLE;
}

/* How trees in lanes are evaluated, and which ones are worth it; none where there is no function. */
typedef struct {
  LaneRanks *ranks;
  LaneTree *tree;
  PlanOptions options;
} LaneKernel;

static const LaneKernel KERNELS[] = {
    [FOREST_WALK] = {.options = {.few_rows = 8}},
    [FOREST_PORTABLE] = {forest_ranks_portable,
                         forest_tree_portable,
                         {20, MAX_HEIGHT, 1.6, 0.03, 1.0, 0.8, LEAVES_AS_FLOATS}},
#if HAS_AVX2
    [FOREST_AVX2] = {forest_ranks_avx2, forest_tree_avx2, {8, MAX_HEIGHT, 1.0, 0.01, 0.25, 0.7, LEAVES_AS_PLANES}},
#endif
#if HAS_NEON
    [FOREST_NEON] = {forest_ranks_neon, forest_tree_neon, {12, MAX_HEIGHT, 1.6, 0.02, 0.5, 0.7, LEAVES_AS_PLANES}},
#endif
};

struct Forest {
  Plan plan;
  Shap *shap;
  ForestKernel name;
  const LaneKernel *kernel;
};

Forest *forest_load(const uint8_t *model, size_t size, uint64_t iterations, ForestKernel kernel,
                    char reason[FOREST_REASON_SIZE]) {
  ForestFile file;
  Forest *forest = NULL;
  if (kernel == FOREST_AUTOMATIC) kernel = fastest();
  if (forest_file_read(&file, model, size, iterations, reason)) {
    forest = calloc(1, sizeof *forest);
    if (forest != NULL) forest->shap = shap_of(&file);
    if (forest == NULL || forest->shap == NULL || !forest_plan(&forest->plan, &file, KERNELS[kernel].options)) {
      snprintf(reason, FOREST_REASON_SIZE, "there is too little memory");
      forest_free(forest);
      forest = NULL;
    }
  }
  forest_file_release(&file);
  if (forest == NULL) return NULL;
  forest->kernel = &KERNELS[kernel];
  forest->name = kernel;
  return forest;
}

void forest_free(Forest *forest) {
  if (forest == NULL) return;
  forest_plan_release(&forest->plan);
  shap_free(forest->shap);
  free(forest);
}

size_t forest_columns(const Forest *forest) { return forest->plan.columns; }

size_t forest_classes(const Forest *forest) { return forest->plan.classes; }

size_t forest_lanes_from(const Forest *forest) { return forest->plan.any_lanes ? forest->plan.few_rows : 0; }

int forest_codes(const Forest *forest, size_t at, size_t *column, size_t *codes) {
  if (at >= forest->plan.code_feature_count) return 0;
  *column = forest->plan.code_features[at].feature;
  *codes = forest->plan.code_features[at].none;
  return 1;
}

const char *forest_skeleton(const Forest *forest, size_t *size) {
  *size = forest->plan.skeleton.json.size;
  return forest->plan.skeleton.json.at;
}

/* What one call needs in addition to the forest, which it must not change. */
typedef struct {
  size_t blocks;         /* that are evaluated together */
  uint8_t *lane_columns; /* of each block */
  float *expanded;       /* WALKS rows, or BLOCK of each block where some trees are walked for whole blocks */
  float *margins;        /* BLOCK for each class, of each block */
  float *rows;           /* BLOCK rows of one for each class */
  void *memory;
} Scratch;

/* A tree is evaluated for as many blocks as fit in a processor's nearest caches before the next one is fetched. */
static size_t blocks_at_once(const Plan *plan, size_t rows) {
  enum { MOST = 8, BYTES = 1 << 18 };
  size_t block = (lane_column_count(plan) + plan->classes * sizeof(float)) * BLOCK;
  if (plan->any_walked) block += expanded_size(plan) * sizeof(float) * BLOCK;
  size_t fit = BYTES / block, needed = rows / BLOCK + 1;
  if (fit > MOST) fit = MOST;
  if (fit > needed) fit = needed;
  return fit > 0 ? fit : 1;
}

static bool take_scratch(const Plan *plan, size_t rows, Scratch *scratch) {
  size_t blocks = scratch->blocks = blocks_at_once(plan, rows);
  size_t lanes = lane_column_count(plan) * BLOCK * blocks;
  size_t expanded = expanded_size(plan) * sizeof(float) * (plan->any_walked ? BLOCK * blocks : 1);
  size_t margins = plan->classes * sizeof(float) * BLOCK;
  scratch->memory = malloc(lanes + (blocks + 1) * margins + expanded + 64);
  if (scratch->memory == NULL) return false;
  uint8_t *aligned = (uint8_t *)(((uintptr_t)scratch->memory + 63) & ~(uintptr_t)63);
  scratch->lane_columns = aligned;
  scratch->margins = (float *)(void *)(aligned + lanes);
  scratch->rows = (float *)(void *)(aligned + lanes + blocks * margins);
  scratch->expanded = (float *)(void *)(aligned + lanes + (blocks + 1) * margins);
  return true;
}

static void expand_block(const Plan *plan, const uint8_t *matrix, size_t rows, float *expanded) {
  for (size_t i = 0; i < BLOCK; i++) {
    const uint8_t *row = matrix + (i < rows ? i : 0) * plan->columns * sizeof(float);
    forest_expand(plan, row, expanded + i * expanded_size(plan));
  }
}

/* Rows of block `b`, of `rows` in all. */
static size_t rows_of_block(size_t rows, size_t b) { return rows - b * BLOCK < BLOCK ? rows - b * BLOCK : BLOCK; }

static void prepare_block(const Forest *forest, const uint8_t *matrix, size_t rows, size_t b, const Scratch *scratch) {
  const Plan *plan = &forest->plan;
  const uint8_t *first = matrix + b * BLOCK * plan->columns * sizeof(float);
  float *margins = scratch->margins + b * plan->classes * BLOCK;
  for (size_t i = 0; i < plan->classes * BLOCK; i++) margins[i] = plan->margins[i / BLOCK];
  size_t count = rows_of_block(rows, b);
  if (plan->any_lanes) {
    uint8_t *columns = scratch->lane_columns + b * lane_column_count(plan) * BLOCK;
    memset(columns, 0, SET_COLUMNS * BLOCK);
    forest->kernel->ranks(plan, first, count, columns);
  }
  if (plan->any_walked) expand_block(plan, first, count, scratch->expanded + b * BLOCK * expanded_size(plan));
}

static void add_tree(const Forest *forest, const PlanTree *tree, size_t rows, size_t b, const Scratch *scratch) {
  const Plan *plan = &forest->plan;
  float *margins = scratch->margins + (b * plan->classes + tree->class) * BLOCK;
  size_t count = rows_of_block(rows, b);
  if (tree->height > 0) {
    forest->kernel->tree(plan, tree, scratch->lane_columns + b * lane_column_count(plan) * BLOCK, count, margins);
    return;
  }
  const float *expanded = scratch->expanded + b * BLOCK * expanded_size(plan);
  for (size_t i = 0; i < count; i += WALKS) {
    forest_walk_tree(plan, tree, expanded + i * expanded_size(plan), margins + i);
  }
}

/* Margins of `rows` rows, as many as `blocks` have at most, block by block, class by class. */
static void score_blocks(const Forest *forest, const uint8_t *matrix, size_t rows, const Scratch *scratch) {
  const Plan *plan = &forest->plan;
  size_t blocks = (rows + BLOCK - 1) / BLOCK;
  for (size_t b = 0; b < blocks; b++) prepare_block(forest, matrix, rows, b, scratch);
  for (const PlanTree *tree = plan->trees; tree < plan->trees + plan->tree_count; tree++) {
    for (size_t b = 0; b < blocks; b++) add_tree(forest, tree, rows, b, scratch);
  }
}

/* From class by class to row by row. */
static void transpose(const Plan *plan, const float *margins, size_t rows, float *to) {
  for (size_t c = 0; c < plan->classes; c++) {
    for (size_t i = 0; i < rows; i++) to[i * plan->classes + c] = margins[c * BLOCK + i];
  }
}

static void score_rows(const Plan *plan, const uint8_t *matrix, size_t rows, const Scratch *scratch) {
  for (size_t i = 0; i < rows; i++) {
    float *row = scratch->rows + i * plan->classes;
    memcpy(row, plan->margins, plan->classes * sizeof(float));
    forest_expand(plan, matrix + i * plan->columns * sizeof(float), scratch->expanded);
    forest_walk_row(plan, scratch->expanded, row);
  }
}

/* Hands out `rows` rows of margins, or by the objective, where there is one, of scores. */
static void hand_out(const Plan *plan, size_t rows, const Objective *objective, const Scratch *scratch, uint8_t *out) {
  if (objective != NULL) objective_scores(objective, scratch->rows, rows, plan->classes);
  memcpy(out, scratch->rows, rows * plan->classes * sizeof(float));
}

/* The last block too may be one of few rows. */
static int evaluate(const Forest *forest, const uint8_t *matrix, size_t rows, uint8_t *out,
                    const Objective *objective) {
  const Plan *plan = &forest->plan;
  size_t row_size = plan->columns * sizeof(float), out_size = plan->classes * sizeof(float);
  Scratch scratch;
  if (!take_scratch(plan, rows, &scratch)) return -1;
  for (size_t count; rows > 0; rows -= count, matrix += count * row_size, out += count * out_size) {
    count = rows < scratch.blocks * BLOCK ? rows : scratch.blocks * BLOCK;
    size_t few = count % BLOCK < plan->few_rows ? count % BLOCK : 0, in_blocks = count - few;
    if (in_blocks > 0) score_blocks(forest, matrix, in_blocks, &scratch);
    for (size_t first = 0; first < in_blocks; first += BLOCK) {
      size_t some = rows_of_block(in_blocks, first / BLOCK);
      transpose(plan, scratch.margins + first * plan->classes, some, scratch.rows);
      hand_out(plan, some, objective, &scratch, out + first * out_size);
    }
    if (few == 0) continue;
    score_rows(plan, matrix + in_blocks * row_size, few, &scratch);
    hand_out(plan, few, objective, &scratch, out + in_blocks * out_size);
  }
  free(scratch.memory);
  return 0;
}

int forest_margins(const Forest *forest, const void *matrix, size_t rows, void *out) {
  return evaluate(forest, matrix, rows, out, NULL);
}

int forest_scores(const Forest *forest, const void *matrix, size_t rows, void *out) {
  return evaluate(forest, matrix, rows, out, forest->plan.objective);
}

int forest_attributions(const Forest *forest, const void *matrix, size_t rows, void *out) {
  return shap_values(forest->shap, forest->name, matrix, rows, out);
}

const char *forest_attributions_refusal(const Forest *forest) { return shap_refusal(forest->shap); }
