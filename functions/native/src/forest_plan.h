/* A forest as it is evaluated, in two forms. Either gives the leaf that XGBoost would come to.
 *
 * Walking: from node to node, for a few rows or large trees. A row is expanded into two copies of its columns: where a
 * value is missing, one says -inf, which is smaller than every threshold, the other +inf; a node reads the copy that
 * sends a missing value where it belongs. A leaf leads to itself, so that trees can be walked side by side.
 *
 * In lanes: a row is a lane of a vector of bytes, and every split of a tree is compared for all lanes at once, which
 * costs less than to follow each row. For that each value becomes its rank: how many of the feature's thresholds are at
 * most as large. `value < threshold` is then `rank <= number of the threshold`, exactly. A byte distinguishes 255 thresholds
 * apart; a feature with more has several lane columns, each for 255 of them. Trees are padded to perfect ones. */
#ifndef NATIVE_FOREST_PLAN_H
#define NATIVE_FOREST_PLAN_H

#include "forest_file.h"

enum {
  BLOCK = 64,     /* rows that are evaluated together; bytes of a lane column */
  MAX_HEIGHT = 8, /* of a tree in lanes: the number of a leaf is a byte */
  SIXTEEN = 16,
  RANK_LEVELS = 8,        /* for 2^32 thresholds, more than any file has */
  COLUMN_THRESHOLDS = 255 /* of one lane column */
};

typedef struct {
  float value;     /* threshold: smaller ones go to `left`, others to the node after it; or the leaf */
  uint32_t column; /* of an expanded row; a leaf's is the last one, -inf */
  uint32_t left;   /* of all nodes; of a leaf: itself */
} WalkNode;

typedef struct {
  uint32_t column; /* the first byte of a lane column */
  int8_t bound[4]; /* the rank, less 128, from which on rows go right, four times over: loaded in one go */
} LaneNode;

typedef struct {
  uint32_t root, depth; /* walking: its first node, the steps to the deepest leaf */
  uint32_t class;
  uint32_t height; /* in lanes: of the perfect tree; 0: it is walked */
  size_t nodes;    /* in lanes: its first one, of 2^height - 1, parents before their left and then right subtree */
  size_t leaves;   /* in lanes: the first byte of its leaves */
} PlanTree;

/* The thresholds of one feature, and what lane columns its ranks go to. They are searched sixteen at a time: the last
 * level has all of them, and of each sixteen of a level but the last the one before it has the greatest. */
typedef struct {
  uint32_t feature, level_count;
  size_t levels[RANK_LEVELS]; /* the first of each: ascending, with NaN in place of what is not there */
  size_t columns, column_count;
} RankFeature;

typedef struct {
  uint32_t first; /* threshold of the feature that is this column's number 0 */
  bool missing_left;
} RankColumn;

typedef enum { LEAVES_AS_FLOATS, LEAVES_AS_PLANES } LeafForm;

typedef struct {
  size_t columns, classes, tree_count;
  const Objective *objective;
  float *margins;
  ForestText skeleton;
  PlanTree *trees;
  WalkNode *walk;
  LaneNode *lanes;
  uint8_t *leaves; /* leaf_bytes a tree: floats; or the first bytes of all its floats, then the second ones ... */
  float *thresholds;
  RankFeature *features;
  size_t feature_count;
  RankColumn *rank_columns;
  size_t rank_column_count;
  bool any_walked, any_lanes;
} Plan;

/* What was measured for a kernel: the time for one row, where a step of a walk takes 1. */
typedef struct {
  uint32_t max_height; /* of trees in lanes; 0: all trees are walked */
  double split_cost;   /* of one split of a tree in lanes */
  double leaf_cost;    /* of looking up one leaf */
  LeafForm leaves;
} PlanOptions;

/* Takes over what the plan keeps of the file. False where there is no memory; either way to be released. */
bool forest_plan(Plan *plan, ForestFile *file, PlanOptions options);
void forest_plan_release(Plan *plan);

/* The number of nodes of a perfect tree, without its leaves. */
static inline size_t perfect(uint32_t height) { return ((size_t)1 << height) - 1; }

static inline size_t leaf_bytes(uint32_t height) { return height < 4 ? 64 : (size_t)4 << height; }

/* Splits in lanes on the way to being ranked. */
typedef struct {
  uint64_t key; /* the feature, and the threshold as an integer of the same order */
  size_t node;  /* in lanes */
  bool missing_left;
} Split;

/* Gives each split its lane column and bound. False where there is no memory. */
bool forest_rank_splits(Plan *plan, Split *splits, size_t count);

uint64_t forest_split_key(uint32_t feature, float threshold);

#endif
