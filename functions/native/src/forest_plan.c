#include "forest_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Children side by side, and all of a tree level by level, so that its first levels share cache lines. */
static void walk_tree(Plan *plan, const FileNode *nodes, const PlanSet *sets, PlanTree *tree, uint32_t *order) {
  uint32_t filled = 1;
  order[0] = 0; /* the file's number of the node at each place */
  for (uint32_t i = 0; i < filled; i++) {
    const FileNode *node = &nodes[order[i]];
    WalkNode *to = &plan->walk[tree->root + i];
    if (node->left == NO_CHILD) {
      *to = (WalkNode){{node->value}, 2 * (uint32_t)plan->columns, tree->root + i};
      continue;
    }
    uint32_t copy = node->missing_left ? 0 : (uint32_t)plan->columns;
    *to = (WalkNode){{node->value}, node->feature + copy, tree->root + filled};
    if (node->set != 0) {
      to->set = sets[node->set - 1].word;
      to->column = code_column(plan) + sets[node->set - 1].code_feature;
    }
    order[filled++] = (uint32_t)node->left;
    order[filled++] = (uint32_t)node->right;
  }
}

static bool walk_trees(Plan *plan, const ForestFile *file, const PlanSet *sets) {
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
    walk_tree(plan, file->nodes + file->trees[t].first, sets, &plan->trees[t], order);
    used += file->trees[t].count;
  }
  free(order);
  return room;
}

/* How many levels of a tree are best in lanes, and what a row then costs. */
static double best_height(const FileTree *of, const PlanOptions *options, PlanTree *tree) {
  uint32_t depth = of->depth == 0 ? 1 : of->depth; /* a single leaf is padded */
  double best = INFINITY;
  for (uint32_t height = 1; height <= options->max_height && height <= depth; height++) {
    if (height < depth && of->count + ((size_t)1 << height) >= MAX_LOWER) continue;
    double below = height < depth ? (depth - height + 1) * options->lower_cost : options->leaf_cost;
    double cost = (double)perfect(height) * options->split_cost + below;
    if (cost >= best) continue;
    best = cost;
    tree->height = height;
    tree->steps = depth - height;
  }
  return best;
}

/* How many splits by threshold each feature has in the trees that count; NULL where there is no memory. What was
 * deleted of a tree has no feature. */
static uint32_t *splits_of_features(const Plan *plan, const ForestFile *file) {
  uint32_t *splits = calloc(plan->columns, sizeof *splits);
  for (size_t t = 0; splits != NULL && t < plan->tree_count; t++) {
    const FileNode *nodes = file->nodes + file->trees[t].first;
    for (size_t i = 0; i < file->trees[t].count; i++) {
      bool by_threshold = nodes[i].left != NO_CHILD && nodes[i].set == 0 && nodes[i].feature < plan->columns;
      if (by_threshold) splits[nodes[i].feature]++;
    }
  }
  return splits;
}

/* What ranks cost a row, by how many splits each feature has: one that has none costs nothing. A value is compared with
 * each threshold; of MOST and more it is searched for, which costs about the same. */
static double ranks_cost(const Plan *plan, const uint32_t *splits) {
  static const double VALUE_COST = 0.4, SPLIT_COST = 0.012;
  static const uint32_t MOST = 64;
  double cost = 0;
  for (size_t i = 0; i < plan->columns; i++) {
    if (splits[i] > 0) cost += VALUE_COST + (splits[i] < MOST ? splits[i] : MOST) * SPLIT_COST;
  }
  return cost;
}

/* A block's ranks cost as much for a few rows, each of which has to make up for more of them. */
static size_t few_rows(double ranks, double walking, PlanOptions options) {
  static const double BLOCK_COST = 48; /* of its BLOCK rows, in rows that are walked alone, which takes longer */
  static const double INCLUDED = 25;   /* the ranks that options.few_rows was measured with, of 20 features */
  if (ranks <= INCLUDED) return options.few_rows;
  size_t few = options.few_rows + (size_t)(BLOCK_COST * (ranks - INCLUDED) / walking);
  return few < BLOCK ? few : BLOCK;
}

/* Lanes or walking, by what either would cost a row: ranks are worth their while for enough trees only. False where
 * there is no memory. */
static bool choose(Plan *plan, const ForestFile *file, PlanOptions options) {
  static const double CODE_COST = 1, SET_COST = 0.02;     /* in lanes: of a feature with sets, of a set */
  static const double EXPAND_COST = 0.3, WALK_COST = 1.5; /* walking: of a column, of a tree with no step */
  uint32_t *splits = splits_of_features(plan, file);
  if (splits == NULL) return false;
  double ranks = ranks_cost(plan, splits) * options.rank_cost, walking = (double)plan->columns * EXPAND_COST;
  double lanes = ranks + (double)plan->code_feature_count * CODE_COST + (double)plan->set_count * SET_COST;
  free(splits);
  for (size_t t = 0; t < plan->tree_count && options.max_height > 0; t++) {
    lanes += best_height(&file->trees[t], &options, &plan->trees[t]);
    walking += file->trees[t].depth + WALK_COST;
  }
  for (size_t t = 0; t < plan->tree_count; t++) {
    if (lanes >= walking) plan->trees[t].height = 0;
    plan->any_lanes |= plan->trees[t].height != 0;
    plan->any_walked |= plan->trees[t].height == 0;
  }
  plan->few_rows = plan->any_lanes ? few_rows(ranks, walking, options) : options.few_rows;
  return true;
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
  PlanSet *sets = forest_plan_sets(plan, file);
  if (sets == NULL) return false;
  bool planned = choose(plan, file, options) && walk_trees(plan, file, sets) &&
                 forest_plan_lanes(plan, file, sets, options.leaves);
  free(sets);
  return planned;
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
  free(plan->code_features);
  free(plan->set_words);
  free(plan->lower);
  free(plan->lower_leaves);
  memset(plan, 0, sizeof *plan);
}
