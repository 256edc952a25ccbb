/* A model file, read and checked: what of it takes part in scoring. */
#ifndef NATIVE_FOREST_FILE_H
#define NATIVE_FOREST_FILE_H

#include "forest.h"
#include "forest_text.h"
#include "objective.h"

enum { NO_CHILD = -1 };

typedef struct {
  float value; /* threshold: smaller ones go left; of a leaf: what it adds to the margin */
  uint32_t feature;
  int32_t left, right; /* within the tree; NO_CHILD: a leaf */
  bool missing_left;
  uint32_t set; /* by category: its set's number and 1; 0: by threshold */
} FileNode;

/* The categories of which rows go right: `count` codes from `first` on, below MAX_CODES each. */
typedef struct {
  uint32_t feature;
  size_t first, count;
  bool missing_left;
} FileSet;

enum { MAX_CODES = 1 << 24 }; /* float32 holds no larger code exactly: XGBoost takes it for no category */

typedef struct {
  size_t first, count; /* of its nodes; the first one is the root */
  uint32_t class;      /* whose margin it adds to */
  uint32_t depth;      /* splits on the longest way */
} FileTree;

typedef struct {
  FileNode *nodes;
  size_t node_count, node_room;
  FileTree *trees;
  size_t tree_count, tree_room;
  FileSet *sets;
  size_t set_count, set_room;
  uint32_t *codes;
  size_t code_count, code_room;
  size_t scored; /* the trees that count, by the iterations asked for */
  size_t columns, classes;
  const Objective *objective;
  float *margins; /* the base score of each class, as a margin */
  ForestText skeleton;
} ForestFile;

/* False, with a sentence in `reason`, where the model is not covered. Either way to be released. */
bool forest_file_read(ForestFile *file, const uint8_t *model, size_t size, uint64_t iterations,
                      char reason[FOREST_REASON_SIZE]);
void forest_file_release(ForestFile *file);

/* `items`, moved to where `count` of them have room if they had none before; NULL, and all as it was, without memory.
 */
static inline void *forest_grown(void *items, size_t *room, size_t count, size_t size) {
  return count <= *room || grow(&items, room, count, size) == 0 ? items : NULL;
}

#endif
