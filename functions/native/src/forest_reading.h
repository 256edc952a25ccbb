/* What is known of a model file while it is read; the order of its members is nowhere promised. */
#ifndef NATIVE_FOREST_READING_H
#define NATIVE_FOREST_READING_H

#include "forest_file.h"

typedef struct {
  int64_t *values;
  size_t count, room;
  bool present;
} Integers;

/* What dart multiplies each tree's leaves with. */
typedef struct {
  float *values;
  size_t count, room;
  bool present;
} Weights;

typedef struct {
  ForestFile *file;
  UbjReader reader;
  char *reason;
  /* Texts of the file; none were read where `bytes` is NULL. */
  UbjToken booster, inner_booster, objective, parameters_of, num_class, num_feature, num_target, base_score,
      objective_classes;
  UbjToken num_trees, num_parallel_tree;
  Integers classes_of_trees, starts_of_rounds;
  Weights weights;
  int64_t tree_columns; /* num_feature of all trees so far, or -1 */
  unsigned members_of_cats;
  bool has_trees, has_names, has_types, has_version, has_attributes;
} Reading;

/* False, always: with the reason why the model is not covered. The first one is kept. */
bool forest_refuse(Reading *reading, const char *reason);
bool forest_refuse_tree(Reading *reading, const char *reason);

/* The number in a text of digits, as XGBoost writes parameters; false where it is none below 2^31. */
bool forest_digits(UbjToken text, int64_t *number);

/* One tree, of which the object was just opened. */
bool forest_read_tree(Reading *reading);

/* The arrays of a tree's splits by category: codes one set after the other, the nodes, where their sets begin, and their
 * sizes. `nodes` are the tree's, of which those that split by category are marked. */
typedef struct {
  UbjToken codes, owners, starts, sizes;
} TreeSets;
enum { SET_TO_BE_READ = 1 };
bool forest_read_sets(Reading *reading, const TreeSets *sets, FileNode *nodes, size_t count);

/* Hold the members of a file against each other, and take over what scoring needs of them. */
bool forest_settle(Reading *reading, uint64_t iterations);

#endif
