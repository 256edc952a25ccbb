/* From a tree of the file to its levels in lanes, and the nodes below, when a model is loaded. */
#include <stdlib.h>
#include <string.h>

#include "forest_plan.h"

typedef struct {
  int32_t node; /* of the file */
  uint32_t height;
  size_t lane, leaf; /* its first node in lanes, and its first leaf; below the lanes `leaf` is its place there */
} Subtree;

/* What is made of the trees, one after the other. */
typedef struct {
  Plan *plan;
  const PlanSet *sets;
  LeafForm form;
  Split *splits;
  size_t split_count, lane_count;
  Subtree *waiting;    /* one for each level of the deepest tree, and one */
  size_t lower_filled; /* nodes below the lanes, of the tree at hand */
} Laying;

static void put_leaf(uint8_t *leaves, Subtree at, size_t stride, LeafForm form, float value) {
  uint8_t bytes[4];
  memcpy(bytes, &value, sizeof bytes);
  for (size_t i = at.leaf; i < at.leaf + ((size_t)1 << at.height); i++) {
    for (size_t b = 0; b < 4; b++) leaves[form == LEAVES_AS_PLANES ? b * stride + i : 4 * i + b] = bytes[b];
  }
}

/* Thresholds wait to be ranked; the column of a set says left or right by itself: as -128, or 127. */
static void add_split(Laying *laying, const FileNode *node, size_t number) {
  Plan *plan = laying->plan;
  if (node->set == 0) {
    uint64_t key = forest_split_key(node->feature, node->value);
    laying->splits[laying->split_count++] = (Split){key, number, node->missing_left};
    return;
  }
  uint32_t column = (uint32_t)(SET_COLUMNS + laying->sets[node->set - 1].number) * BLOCK;
  if (number < laying->lane_count) {
    plan->lanes[number].column = column;
  } else {
    plan->lower[number - laying->lane_count] |= column;
  }
}

/* A leaf's rank is always below its bound, which leads to itself. */
static void put_lower_leaf(Plan *plan, const PlanTree *tree, size_t place, float value) {
  plan->lower[tree->lower + place] = (LowerNode)place << LOWER_LEFT_BITS | (LowerNode)1 << LOWER_BOUND_BITS;
  plan->lower_leaves[tree->lower + place] = value;
}

/* A subtree below the lanes: its root has its place, its other nodes come after what is filled, siblings together. */
static void put_lower(Laying *laying, const PlanTree *tree, const FileNode *nodes, Subtree root) {
  size_t count = 1;
  laying->waiting[0] = root;
  while (count > 0) {
    Subtree at = laying->waiting[--count];
    const FileNode *node = &nodes[at.node];
    if (node->left == NO_CHILD) {
      put_lower_leaf(laying->plan, tree, at.leaf, node->value);
      continue;
    }
    size_t left = laying->lower_filled;
    laying->lower_filled += 2;
    laying->plan->lower[tree->lower + at.leaf] = (LowerNode)left << LOWER_LEFT_BITS;
    add_split(laying, node, laying->lane_count + tree->lower + at.leaf);
    laying->waiting[count++] = (Subtree){.node = node->right, .leaf = left + 1};
    laying->waiting[count++] = (Subtree){.node = node->left, .leaf = left};
  }
}

/* What the levels in lanes end in: a leaf, padded where it is above the lowest level, or a subtree below. */
static void end_lanes(Laying *laying, const PlanTree *tree, const FileNode *nodes, Subtree at) {
  Plan *plan = laying->plan;
  if (tree->steps == 0) {
    put_leaf(plan->leaves + tree->leaves, at, leaf_bytes(tree->height) / 4, laying->form, nodes[at.node].value);
  } else if (nodes[at.node].left != NO_CHILD) {
    put_lower(laying, tree, nodes, at);
  } else {
    for (size_t i = 0; i < (size_t)1 << at.height; i++) put_lower_leaf(plan, tree, at.leaf + i, nodes[at.node].value);
  }
}

/* Whatever the splits above a padded leaf say, all leaves below are the same. */
static void lane_tree(Laying *laying, const FileNode *nodes, const PlanTree *tree) {
  Subtree waiting[MAX_HEIGHT + 1];
  size_t count = 1;
  waiting[0] = (Subtree){0, tree->height, tree->nodes, 0};
  laying->lower_filled = (size_t)1 << tree->height;
  while (count > 0) {
    Subtree at = waiting[--count];
    const FileNode *node = &nodes[at.node];
    if (node->left == NO_CHILD || at.height == 0) {
      end_lanes(laying, tree, nodes, at);
      continue;
    }
    add_split(laying, node, at.lane);
    uint32_t below = at.height - 1;
    waiting[count++] = (Subtree){node->right, below, at.lane + 1 + perfect(below), at.leaf + ((size_t)1 << below)};
    waiting[count++] = (Subtree){node->left, below, at.lane + 1, at.leaf};
  }
}

/* Where each tree begins; the sizes of all together, and the deepest one's depth. */
typedef struct {
  size_t nodes, leaves, lower, depth;
} Sizes;

static Sizes measure(Plan *plan, const ForestFile *file) {
  Sizes sizes = {0};
  for (size_t t = 0; t < plan->tree_count; t++) {
    PlanTree *tree = &plan->trees[t];
    if (tree->height == 0) continue;
    tree->nodes = sizes.nodes;
    tree->leaves = sizes.leaves;
    tree->lower = sizes.lower;
    sizes.nodes += perfect(tree->height);
    if (tree->steps == 0) {
      sizes.leaves += leaf_bytes(tree->height);
    } else {
      sizes.lower += ((size_t)1 << tree->height) + file->trees[t].count;
    }
    if (tree->depth > sizes.depth) sizes.depth = tree->depth;
  }
  return sizes;
}

bool forest_plan_lanes(Plan *plan, const ForestFile *file, const PlanSet *sets, LeafForm form) {
  Sizes sizes = measure(plan, file);
  Laying laying = {.plan = plan, .sets = sets, .form = form, .lane_count = sizes.nodes};
  plan->lanes = calloc(sizes.nodes + 1, sizeof *plan->lanes);
  plan->leaves = calloc(sizes.leaves + 1, 1);
  plan->lower = calloc(sizes.lower + 1, sizeof *plan->lower);
  plan->lower_leaves = calloc(sizes.lower + 1, sizeof *plan->lower_leaves);
  laying.splits = malloc((sizes.nodes + sizes.lower + 1) * sizeof *laying.splits);
  laying.waiting = malloc((sizes.depth + 2) * sizeof *laying.waiting);
  bool planned = plan->lanes != NULL && plan->leaves != NULL && plan->lower != NULL && plan->lower_leaves != NULL &&
                 laying.splits != NULL && laying.waiting != NULL;
  for (size_t t = 0; planned && t < plan->tree_count; t++) {
    if (plan->trees[t].height == 0) continue;
    lane_tree(&laying, file->nodes + file->trees[t].first, &plan->trees[t]);
  }
  planned = planned && forest_rank_splits(plan, laying.splits, laying.split_count, sizes.nodes);
  free(laying.splits);
  free(laying.waiting);
  return planned;
}
