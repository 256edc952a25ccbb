/* A forest as it is evaluated, in two forms. Either gives the leaf that XGBoost would come to.
 *
 * Walking: from node to node, for a few rows or large trees. A row is expanded into two copies of its columns: where a
 * value is missing, one says -inf, which is smaller than every threshold, the other +inf; a node reads the copy that
 * sends a missing value where it belongs. A leaf leads to itself, so that trees can be walked side by side.
 *
 * In lanes: a row is a lane of a vector of bytes, and every split of a tree is compared for all lanes at once, which
 * costs less than to follow each row. For that each value becomes its rank: how many of the feature's thresholds are at
 * most as large. `value < threshold` is then `rank <= number of the threshold`, exactly. A byte distinguishes 255
 * thresholds; a feature with more has several lane columns, each for 255 of them. Trees are padded to perfect ones.
 * A perfect tree doubles with each level, and a step of a walk costs the same at each: of a deep tree the top levels are
 * in lanes, and from the subtrees below each row walks on, by the same ranks.
 *
 * A split by category asks whether a code is in a set of bits. A missing value and one that is no category of any set
 * have codes of their own, so that a set says where they go. In lanes each set has a column, which says left or right:
 * the trees' kernels know of thresholds alone. */
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
  union {
    float value;  /* threshold: smaller ones go to `left`, others to the node after it; or the leaf */
    uint32_t set; /* the first word of a set: codes in it go to the node after `left` */
  };
  uint32_t column; /* of an expanded row: a value, the -inf that leaves read, or from code_column() on a code */
  uint32_t left;   /* of all nodes; of a leaf: itself */
} WalkNode;

typedef struct {
  uint32_t column; /* the first byte of a lane column */
  int8_t bound[4]; /* the rank, less 128, from which on rows go right, four times over: loaded in one go */
} LaneNode;

/* A node below the levels in lanes: 32 bits with the first byte of its lane column, 8 with its bound, and 24 with the
 * number of its left child, which the right one follows, among its tree's. A leaf is its own left child. */
typedef uint64_t LowerNode;
enum { LOWER_BOUND_BITS = 32, LOWER_LEFT_BITS = 40, MAX_LOWER = 1 << 24 };

typedef struct {
  uint32_t root, depth; /* walking: its first node, the steps to the deepest leaf */
  uint32_t class;
  uint32_t height; /* in lanes: of the perfect tree; 0: it is walked */
  uint32_t steps;  /* at most, from the levels in lanes to a leaf; 0: the levels in lanes end in the leaves */
  size_t nodes;    /* in lanes: its first one, of 2^height - 1, parents before their left and then right subtree */
  size_t leaves;   /* in lanes: the first byte of its leaves */
  size_t lower;    /* its first node below the lanes; one for each place there, then their descendants */
} PlanTree;

/* The thresholds of one feature, and what lane columns its ranks go to. They are searched sixteen at a time: the last
 * level has all of them, and of each sixteen of a level but the last the one before it has the greatest. */
typedef struct {
  uint32_t feature, level_count, threshold_count;
  size_t levels[RANK_LEVELS]; /* the first of each: ascending, with NaN in place of what is not there */
  size_t columns, column_count;
} RankFeature;

typedef struct {
  uint32_t first; /* threshold of the feature that is this column's number 0 */
  bool missing_left;
} RankColumn;

/* A feature with splits by category. A value's code is itself, rounded towards zero, if it is below `none`; `none` if
 * no set has it; and one more if it is missing. Its sets are side by side, of `words` 32 bits each. */
typedef struct {
  uint32_t feature, none;
  size_t words, first_word, first_set, set_count;
} CodeFeature;

enum { BYTE_CODES = 256 }; /* no more codes than these are bytes in lanes */

typedef enum { LEAVES_AS_FLOATS, LEAVES_AS_PLANES } LeafForm;

typedef struct {
  size_t columns, classes, tree_count;
  size_t few_rows; /* too few for a block in lanes, in which lanes without a row cost as much: walked one by one */
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
  CodeFeature *code_features;
  size_t code_feature_count;
  uint32_t *set_words;
  size_t set_count;
  LowerNode *lower;
  float *lower_leaves; /* of the same numbers */
  bool any_walked, any_lanes;
} Plan;

/* What was measured for a kernel: the time for one row, where a step of a walk takes 1. */
typedef struct {
  size_t few_rows;     /* that are walked one by one, of 20 features */
  uint32_t max_height; /* of trees in lanes; 0: all trees are walked */
  double rank_cost;    /* of the ranks of a block, in those of vectors of 32 bytes */
  double split_cost;   /* of one split of a tree in lanes */
  double leaf_cost;    /* of looking up one leaf */
  double lower_cost;   /* of one step below the lanes, and of coming there */
  LeafForm leaves;
} PlanOptions;

/* Takes over what the plan keeps of the file. False where there is no memory; either way to be released. */
bool forest_plan(Plan *plan, ForestFile *file, PlanOptions options);
void forest_plan_release(Plan *plan);

/* The number of nodes of a perfect tree, without its leaves. */
static inline size_t perfect(uint32_t height) { return ((size_t)1 << height) - 1; }

static inline size_t leaf_bytes(uint32_t height) { return height < 4 ? 64 : (size_t)4 << height; }

/* Lane columns of one block: one of zeros, which leaves below the lanes read, then those of sets, then of ranks. */
enum { SET_COLUMNS = 1 };
static inline size_t rank_columns(const Plan *plan) { return SET_COLUMNS + plan->set_count; }
static inline size_t lane_column_count(const Plan *plan) { return rank_columns(plan) + plan->rank_column_count; }

/* The first column of an expanded row that has codes. */
static inline uint32_t code_column(const Plan *plan) { return 2 * (uint32_t)plan->columns + 1; }

/* As XGBoost: whatever is negative, or beyond all categories, is in no set. */
static inline uint32_t code_of(const CodeFeature *feature, float value) {
  if (value != value) return feature->none + 1;
  return value >= 0 && value < (float)feature->none ? (uint32_t)value : feature->none;
}

static inline uint32_t in_set(const uint32_t *words, uint32_t code) { return words[code >> 5] >> (code & 31) & 1; }

/* Where the set of a split by category is. */
typedef struct {
  uint32_t code_feature, word, number;
} PlanSet;

/* One for each of the file's sets, of which equal ones are one; NULL where there is no memory. The caller's to free. */
PlanSet *forest_plan_sets(Plan *plan, const ForestFile *file);

/* Nodes of trees in lanes, and of those below. False where there is no memory. */
bool forest_plan_lanes(Plan *plan, const ForestFile *file, const PlanSet *sets, LeafForm form);

/* Splits in lanes on the way to being ranked. */
typedef struct {
  uint64_t key; /* the feature, and the threshold as an integer of the same order */
  size_t node;  /* in lanes; of those below, the number after all in lanes */
  bool missing_left;
} Split;

/* Gives each split its lane column and bound. lanes : the number of nodes in lanes. False where there is no memory. */
bool forest_rank_splits(Plan *plan, Split *splits, size_t count, size_t lanes);

uint64_t forest_split_key(uint32_t feature, float threshold);

#endif
