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

/* Lanes or walking, by what either would cost a row: ranks are worth their while for enough trees only. */
static void choose(Plan *plan, const ForestFile *file, PlanOptions options) {
  static const double RANK_COST = 3, SET_COST = 0.02,
                      WALK_COST = 1.5; /* of a value, of a set, of a tree with no step */
  double lanes = (double)plan->columns * RANK_COST + (double)plan->set_count * SET_COST, walking = 0;
  for (size_t t = 0; t < plan->tree_count && options.max_height > 0; t++) {
    lanes += best_height(&file->trees[t], &options, &plan->trees[t]);
    walking += file->trees[t].depth + WALK_COST;
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
  PlanSet *sets = forest_plan_sets(plan, file);
  if (sets == NULL) return false;
  choose(plan, file, options);
  bool planned = walk_trees(plan, file, sets) && forest_plan_lanes(plan, file, sets, options.leaves);
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
