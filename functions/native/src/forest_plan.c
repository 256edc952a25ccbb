#include "forest_plan.h"

#include <stdlib.h>
#include <string.h>

/* Children side by side, and all of a tree level by level, so that its first levels share cache lines. */
static void walk_tree(Plan *plan, const FileNode *nodes, PlanTree *tree, uint32_t *order, uint32_t leaf_column) {
  uint32_t filled = 1;
  order[0] = 0; /* the file's number of the node at each place */
  for (uint32_t i = 0; i < filled; i++) {
    const FileNode *node = &nodes[order[i]];
    WalkNode *to = &plan->walk[tree->root + i];
    if (node->left == NO_CHILD) {
      *to = (WalkNode){node->value, leaf_column, tree->root + i};
      continue;
    }
    uint32_t copy = node->missing_left ? 0 : (uint32_t)plan->columns;
    *to = (WalkNode){node->value, node->feature + copy, tree->root + filled};
    order[filled++] = (uint32_t)node->left;
    order[filled++] = (uint32_t)node->right;
  }
}

static bool walk_trees(Plan *plan, const ForestFile *file) {
  size_t largest = 1;
  for (size_t t = 0; t < plan->tree_count; t++) {
    if (file->trees[t].count > largest) largest = file->trees[t].count;
  }
  plan->walk = malloc((file->node_count + 1) * sizeof *plan->walk);
  uint32_t *order = malloc(largest * sizeof *order);
  bool room = plan->walk != NULL && order != NULL;
  size_t used = 0;
  for (size_t t = 0; room && t < plan->tree_count; t++) {
    plan->trees[t].root = (uint32_t)used;
    plan->trees[t].depth = file->trees[t].depth;
    plan->trees[t].class = file->trees[t].class;
    walk_tree(plan, file->nodes + file->trees[t].first, &plan->trees[t], order, 2 * (uint32_t)plan->columns);
    used += file->trees[t].count;
  }
  free(order);
  return room;
}

typedef struct {
  int32_t node; /* of the file */
  uint32_t height;
  size_t lane, leaf; /* its first node in lanes, and its first leaf */
} Subtree;

static void put_leaves(uint8_t *leaves, Subtree subtree, size_t stride, LeafForm form, float value) {
  uint8_t bytes[4];
  memcpy(bytes, &value, sizeof bytes);
  for (size_t i = subtree.leaf; i < subtree.leaf + ((size_t)1 << subtree.height); i++) {
    for (size_t b = 0; b < 4; b++) leaves[form == LEAVES_AS_PLANES ? b * stride + i : 4 * i + b] = bytes[b];
  }
}

/* A leaf above the lowest level is padded: whatever its splits say, all leaves below are the same. */
static void lane_tree(Plan *plan, const FileNode *nodes, const PlanTree *tree, LeafForm form, Split *splits,
                      size_t *split_count) {
  Subtree waiting[MAX_HEIGHT + 1];
  size_t count = 1;
  waiting[0] = (Subtree){0, tree->height, tree->nodes, 0};
  while (count > 0) {
    Subtree at = waiting[--count];
    const FileNode *node = &nodes[at.node];
    if (node->left == NO_CHILD) {
      put_leaves(plan->leaves + tree->leaves, at, leaf_bytes(tree->height) / 4, form, node->value);
      continue;
    }
    splits[(*split_count)++] = (Split){forest_split_key(node->feature, node->value), at.lane, node->missing_left};
    uint32_t below = at.height - 1;
    waiting[count++] = (Subtree){node->right, below, at.lane + 1 + perfect(below), at.leaf + ((size_t)1 << below)};
    waiting[count++] = (Subtree){node->left, below, at.lane + 1, at.leaf};
  }
}

static bool lane_trees(Plan *plan, const ForestFile *file, LeafForm form) {
  size_t nodes = 0, leaves = 0, split_count = 0;
  for (size_t t = 0; t < plan->tree_count; t++) {
    PlanTree *tree = &plan->trees[t];
    if (tree->height == 0) continue;
    tree->nodes = nodes;
    tree->leaves = leaves;
    nodes += perfect(tree->height);
    leaves += leaf_bytes(tree->height);
  }
  plan->lanes = calloc(nodes + 1, sizeof *plan->lanes);
  plan->leaves = calloc(leaves + 1, 1);
  Split *splits = malloc((nodes + 1) * sizeof *splits);
  bool planned = plan->lanes != NULL && plan->leaves != NULL && splits != NULL;
  for (size_t t = 0; planned && t < plan->tree_count; t++) {
    if (plan->trees[t].height == 0) continue;
    lane_tree(plan, file->nodes + file->trees[t].first, &plan->trees[t], form, splits, &split_count);
  }
  planned = planned && forest_rank_splits(plan, splits, split_count);
  free(splits);
  return planned;
}

/* Lanes or walking, by what either would cost a row: ranks are worth their while for enough trees only. */
static void choose(Plan *plan, const ForestFile *file, PlanOptions options) {
  static const double RANK_COST = 6, WALK_COST = 1.5; /* of one value, and of one tree in addition to its steps */
  double lanes = (double)plan->columns * RANK_COST, walking = 0;
  for (size_t t = 0; t < plan->tree_count; t++) {
    uint32_t depth = file->trees[t].depth, height = depth == 0 ? 1 : depth; /* a single leaf is padded */
    if (height > options.max_height) continue;
    plan->trees[t].height = height;
    lanes += (double)perfect(height) * options.split_cost + options.leaf_cost;
    walking += depth + WALK_COST;
  }
  for (size_t t = 0; t < plan->tree_count; t++) {
    if (lanes >= walking) plan->trees[t].height = 0;
    plan->any_lanes |= plan->trees[t].height != 0;
    plan->any_walked |= plan->trees[t].height == 0;
  }
}

bool forest_plan(Plan *plan, ForestFile *file, PlanOptions options) {
  memset(plan, 0, sizeof *plan);
  plan->columns = file->columns;
  plan->classes = file->classes;
  plan->tree_count = file->scored;
  plan->objective = file->objective;
  plan->margins = file->margins;
  plan->skeleton = file->skeleton;
  file->margins = NULL;
  memset(&file->skeleton, 0, sizeof file->skeleton);
  plan->trees = calloc(plan->tree_count + 1, sizeof *plan->trees);
  if (plan->trees == NULL) return false;
  choose(plan, file, options);
  return walk_trees(plan, file) && lane_trees(plan, file, options.leaves);
}

void forest_plan_release(Plan *plan) {
  free(plan->margins);
  text_free(&plan->skeleton.json);
  free(plan->trees);
  free(plan->walk);
  free(plan->lanes);
  free(plan->leaves);
  free(plan->thresholds);
  free(plan->features);
  free(plan->rank_columns);
  memset(plan, 0, sizeof *plan);
}
