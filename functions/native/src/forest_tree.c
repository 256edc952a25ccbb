/* One tree of a model file: XGBoost takes on trust whatever is checked here. */
#include "forest_reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xgboost_constants.h"

enum { MAX_DEPTH = 4096 };

typedef enum {
  BASE_WEIGHTS,
  DEFAULT_LEFT,
  LEFT,
  LOSS_CHANGES,
  PARENTS,
  RIGHT,
  CONDITIONS,
  INDICES,
  TYPES,
  SUM_HESSIAN,
  PER_NODE, /* the arrays after it are of splits by category */
  CATEGORIES = PER_NODE,
  CATEGORIES_NODES,
  CATEGORIES_SEGMENTS,
  CATEGORIES_SIZES,
  ARRAYS,
} Array;

/* With the types that XGBoost has written since 1.6. */
static const struct {
  const char *name;
  uint8_t type;
} MEMBERS[ARRAYS] = {
    [BASE_WEIGHTS] = {"base_weights", 'd'},
    [DEFAULT_LEFT] = {"default_left", 'U'},
    [LEFT] = {"left_children", 'l'},
    [LOSS_CHANGES] = {"loss_changes", 'd'},
    [PARENTS] = {"parents", 'l'},
    [RIGHT] = {"right_children", 'l'},
    [CONDITIONS] = {"split_conditions", 'd'},
    [INDICES] = {"split_indices", 'l'},
    [TYPES] = {"split_type", 'U'},
    [SUM_HESSIAN] = {"sum_hessian", 'd'},
    [CATEGORIES] = {"categories", 'l'},
    [CATEGORIES_NODES] = {"categories_nodes", 'l'},
    [CATEGORIES_SEGMENTS] = {"categories_segments", 'L'},
    [CATEGORIES_SIZES] = {"categories_sizes", 'L'},
};

typedef struct {
  UbjToken arrays[ARRAYS];
  UbjToken num_nodes, num_feature, num_deleted, size_leaf_vector;
  bool has_id;
} Tree;

static bool read_parameters(Reading *reading, Tree *tree) {
  if (ubj_next(&reading->reader).kind != UBJ_OBJECT) return forest_refuse_tree(reading, "tree_param is no object");
  for (;;) {
    UbjToken key = ubj_next(&reading->reader);
    if (key.kind == UBJ_OBJECT_END) return true;
    UbjToken *to = ubj_is(key, "num_nodes")          ? &tree->num_nodes
                   : ubj_is(key, "num_feature")      ? &tree->num_feature
                   : ubj_is(key, "num_deleted")      ? &tree->num_deleted
                   : ubj_is(key, "size_leaf_vector") ? &tree->size_leaf_vector
                                                     : NULL;
    if (key.kind != UBJ_KEY || to == NULL || to->bytes != NULL)
      return forest_refuse_tree(reading, "tree_param is unusual");
    *to = ubj_next(&reading->reader);
    if (to->kind != UBJ_TEXT) return forest_refuse_tree(reading, "tree_param has a member that is no text");
  }
}

static bool read_array(Reading *reading, Tree *tree, UbjToken key) {
  for (Array i = 0; i < ARRAYS; i++) {
    if (!ubj_is(key, MEMBERS[i].name)) continue;
    if (tree->arrays[i].kind != UBJ_FAULT) return forest_refuse_tree(reading, "has a member twice");
    UbjToken array = ubj_next(&reading->reader);
    if (array.kind != UBJ_NUMBERS || array.type != MEMBERS[i].type) {
      return forest_refuse_tree(reading, "has an array of another type than XGBoost writes");
    }
    tree->arrays[i] = array;
    return true;
  }
  return forest_refuse_tree(reading, "has a member that is not known");
}

static bool read_id(Reading *reading, Tree *tree) {
  UbjToken id = ubj_next(&reading->reader);
  if (tree->has_id || id.kind != UBJ_INTEGER || id.integer != (int64_t)reading->file->tree_count) {
    return forest_refuse_tree(reading, "has another id than its place");
  }
  tree->has_id = true;
  return true;
}

static bool read_members(Reading *reading, Tree *tree) {
  for (;;) {
    UbjToken key = ubj_next(&reading->reader);
    if (key.kind == UBJ_OBJECT_END) return true;
    if (key.kind != UBJ_KEY) return forest_refuse(reading, "the bytes are no UBJSON");
    bool read = ubj_is(key, "tree_param") ? read_parameters(reading, tree)
                : ubj_is(key, "id")       ? read_id(reading, tree)
                                          : read_array(reading, tree, key);
    if (!read) return false;
  }
}

static bool check_parameters(Reading *reading, const Tree *tree, int64_t *nodes) {
  int64_t leaf_vector, columns;
  if (!forest_digits(tree->num_nodes, nodes) || *nodes < 1)
    return forest_refuse_tree(reading, "has no number of nodes");
  if (!forest_digits(tree->size_leaf_vector, &leaf_vector) || leaf_vector > 1) {
    return forest_refuse_tree(reading, "has leaves that are vectors");
  }
  if (!forest_digits(tree->num_feature, &columns)) return forest_refuse_tree(reading, "has no number of features");
  if (reading->tree_columns >= 0 && columns != reading->tree_columns) {
    return forest_refuse_tree(reading, "has another number of features");
  }
  reading->tree_columns = columns;
  return true;
}

static bool check_lengths(Reading *reading, const Tree *tree, size_t nodes) {
  for (Array i = 0; i < ARRAYS; i++) {
    if (tree->arrays[i].kind != UBJ_NUMBERS) return forest_refuse_tree(reading, "lacks a member");
    if (i < PER_NODE && tree->arrays[i].count != nodes)
      return forest_refuse_tree(reading, "has an array of another length");
  }
  return tree->has_id || forest_refuse_tree(reading, "lacks its id");
}

static int32_t feature_of(const Tree *tree, size_t node) { return ubj_i32(tree->arrays[INDICES].bytes, node); }

static bool check_deleted(Reading *reading, const Tree *tree, size_t nodes) {
  int64_t expected, found = 0;
  for (size_t i = 0; i < nodes; i++) found += feature_of(tree, i) == DELETED;
  if (forest_digits(tree->num_deleted, &expected) && found == expected) return true;
  return forest_refuse_tree(reading, "has another number of deleted nodes");
}

/* Such a split's threshold is never read: it was NaN before XGBoost 3.1. */
static bool by_category(const Tree *tree, size_t node) {
  return tree->arrays[TYPES].bytes[node] == 1 && ubj_i32(tree->arrays[LEFT].bytes, node) != NO_CHILD;
}

/* What belongs to one node alone. */
static bool check_node(Reading *reading, const Tree *tree, size_t node) {
  const UbjToken *arrays = tree->arrays;
  int32_t feature = feature_of(tree, node);
  if (feature != DELETED && (feature < 0 || feature >= reading->tree_columns))
    return forest_refuse_tree(reading, "splits a feature that is not there");
  if (arrays[DEFAULT_LEFT].bytes[node] > 1)
    return forest_refuse_tree(reading, "has a default_left that is neither 0 nor 1");
  if (arrays[TYPES].bytes[node] > 1) return forest_refuse_tree(reading, "has a split_type that is neither 0 nor 1");
  bool finite = isfinite(ubj_f32(arrays[BASE_WEIGHTS].bytes, node)) &&
                isfinite(ubj_f32(arrays[LOSS_CHANGES].bytes, node)) &&
                isfinite(ubj_f32(arrays[SUM_HESSIAN].bytes, node)) &&
                (by_category(tree, node) || isfinite(ubj_f32(arrays[CONDITIONS].bytes, node)));
  return finite || forest_refuse_tree(reading, "has a number that is not finite");
}

/* Its children are nodes that say the same of it; so is the parent that it says it has. The right child is the node after
 * the left one: XGBoost takes it to be that, whatever the file says. No way from the root leads to deleted nodes: to have
 * one for a child is for those only that are deleted too. */
static bool check_links(Reading *reading, const Tree *tree, size_t node, size_t nodes) {
  int32_t left = ubj_i32(tree->arrays[LEFT].bytes, node), right = ubj_i32(tree->arrays[RIGHT].bytes, node);
  int32_t parent = ubj_i32(tree->arrays[PARENTS].bytes, node);
  if (node == 0 ? parent != ROOT_PARENT : parent < 0 || (size_t)parent >= nodes) {
    return forest_refuse_tree(reading, "has a node with a parent that is none");
  }
  if (left == NO_CHILD && right == NO_CHILD) return true;
  if (left <= 0 || right <= 0 || (size_t)left >= nodes || (size_t)right >= nodes) {
    return forest_refuse_tree(reading, "has a child that is not there");
  }
  if (right != left + 1) return forest_refuse_tree(reading, "has a right child that is not next to the left one");
  if (feature_of(tree, (size_t)left) == DELETED || feature_of(tree, (size_t)right) == DELETED) {
    return feature_of(tree, node) == DELETED || forest_refuse_tree(reading, "has a deleted child");
  }
  bool agreed = ubj_i32(tree->arrays[PARENTS].bytes, (size_t)left) == (int32_t)node &&
                ubj_i32(tree->arrays[PARENTS].bytes, (size_t)right) == (int32_t)node;
  return agreed || forest_refuse_tree(reading, "has a child with another parent");
}

static FileNode node_of(const Tree *tree, size_t node) {
  return (FileNode){
      .value = ubj_f32(tree->arrays[CONDITIONS].bytes, node),
      .feature = (uint32_t)ubj_i32(tree->arrays[INDICES].bytes, node),
      .left = ubj_i32(tree->arrays[LEFT].bytes, node),
      .right = ubj_i32(tree->arrays[RIGHT].bytes, node),
      .missing_left = tree->arrays[DEFAULT_LEFT].bytes[node] == 1,
      .set = by_category(tree, node) ? SET_TO_BE_READ : 0,
  };
}

/* Every child has one parent, as was checked: who goes down from the root meets no node twice, and comes to an end. */
static bool measure_depth(Reading *reading, const FileNode *nodes, uint32_t *depth) {
  uint32_t path[MAX_DEPTH + 1]; /* from the root to a node */
  uint8_t turns[MAX_DEPTH + 1]; /* children of it that were visited */
  size_t at = 0;
  path[0] = turns[0] = 0;
  for (;;) {
    const FileNode *node = &nodes[path[at]];
    if (node->left == NO_CHILD || turns[at] == 2) {
      if (at-- == 0) return true;
      continue;
    }
    if (at == MAX_DEPTH) return forest_refuse_tree(reading, "is deeper than 4,096 levels");
    path[at + 1] = (uint32_t)(turns[at]++ == 0 ? node->left : node->right);
    turns[++at] = 0;
    if (at > *depth) *depth = (uint32_t)at;
  }
}

static bool make_room(ForestFile *file, size_t nodes) {
  FileNode *more_nodes = forest_grown(file->nodes, &file->node_room, file->node_count + nodes, sizeof *more_nodes);
  if (more_nodes != NULL) file->nodes = more_nodes;
  FileTree *more_trees = forest_grown(file->trees, &file->tree_room, file->tree_count + 1, sizeof *more_trees);
  if (more_trees != NULL) file->trees = more_trees;
  return more_nodes != NULL && more_trees != NULL;
}

bool forest_read_tree(Reading *reading) {
  ForestFile *file = reading->file;
  Tree tree;
  memset(&tree, 0, sizeof tree);
  int64_t count;
  if (!read_members(reading, &tree) || !check_parameters(reading, &tree, &count) ||
      !check_lengths(reading, &tree, (size_t)count) || !check_deleted(reading, &tree, (size_t)count)) {
    return false;
  }
  size_t nodes = (size_t)count; /* of which each has bytes in the file, so that they all have room in memory */
  if (!make_room(file, nodes)) return forest_refuse(reading, "there is too little memory");
  FileTree added = {.first = file->node_count, .count = nodes};
  if (feature_of(&tree, 0) == DELETED) return forest_refuse_tree(reading, "has a deleted root");
  for (size_t i = 0; i < nodes; i++) {
    if (!check_node(reading, &tree, i) || !check_links(reading, &tree, i, nodes)) return false;
    file->nodes[added.first + i] = node_of(&tree, i);
  }
  TreeSets sets = {tree.arrays[CATEGORIES], tree.arrays[CATEGORIES_NODES], tree.arrays[CATEGORIES_SEGMENTS],
                   tree.arrays[CATEGORIES_SIZES]};
  if (!forest_read_sets(reading, &sets, file->nodes + added.first, nodes)) return false;
  if (!measure_depth(reading, file->nodes + added.first, &added.depth)) return false;
  file->node_count += nodes;
  file->trees[file->tree_count++] = added;
  return true;
}
