/* The splits by category of one tree of a model file: XGBoost takes their arrays on trust. */
#include "forest_reading.h"

/* Whether the owners are all the nodes that split by category, in their order. */
static bool check_owners(Reading *reading, const TreeSets *sets, const FileNode *nodes, size_t count) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    if (nodes[i].set != SET_TO_BE_READ) continue;
    if (found >= sets->owners.count || ubj_i32(sets->owners.bytes, found) != (int64_t)i) {
      return forest_refuse_tree(reading, "has other categories_nodes than nodes that split by category");
    }
    if (nodes[i].feature >= (uint32_t)reading->tree_columns)
      return forest_refuse_tree(reading, "splits a deleted node by category");
    found++;
  }
  if (found != sets->owners.count)
    return forest_refuse_tree(reading, "has other categories_nodes than nodes that split by category");
  return (found == sets->starts.count && found == sets->sizes.count) ||
         forest_refuse_tree(reading, "has categories_segments or categories_sizes of another length");
}

static bool make_room(ForestFile *file, const TreeSets *sets) {
  FileSet *more_sets =
      forest_grown(file->sets, &file->set_room, file->set_count + sets->owners.count, sizeof *more_sets);
  if (more_sets != NULL) file->sets = more_sets;
  uint32_t *more_codes =
      forest_grown(file->codes, &file->code_room, file->code_count + sets->codes.count, sizeof *more_codes);
  if (more_codes != NULL) file->codes = more_codes;
  return more_sets != NULL && more_codes != NULL;
}

/* Of the segment at `start`, the codes. An empty one is nothing that XGBoost writes. */
static bool read_codes(Reading *reading, const UbjToken *codes, size_t start, size_t size) {
  ForestFile *file = reading->file;
  for (size_t i = start; i < start + size; i++) {
    int32_t code = ubj_i32(codes->bytes, i);
    if (code < 0 || code >= MAX_CODES) return forest_refuse_tree(reading, "has a category beyond 0 to 2^24 - 1");
    file->codes[file->code_count++] = (uint32_t)code;
  }
  return true;
}

bool forest_read_sets(Reading *reading, const TreeSets *sets, FileNode *nodes, size_t count) {
  ForestFile *file = reading->file;
  if (!check_owners(reading, sets, nodes, count)) return false;
  if (sets->owners.count == 0) {
    return sets->codes.count == 0 || forest_refuse_tree(reading, "has categories without a split by category");
  }
  if (sets->codes.count == 0) return forest_refuse_tree(reading, "has a split by category without categories");
  if (!make_room(file, sets)) return forest_refuse(reading, "there is too little memory");
  size_t left = sets->codes.count; /* segments that overlap would be more than there is room for */
  for (size_t i = 0; i < sets->owners.count; i++) {
    int64_t start = ubj_integer(sets->starts, i), size = ubj_integer(sets->sizes, i);
    if (start < 0 || size < 1 || (uint64_t)start > sets->codes.count ||
        (uint64_t)size > sets->codes.count - (uint64_t)start || (uint64_t)size > left) {
      return forest_refuse_tree(reading, "has a segment of categories that is empty, or not there");
    }
    left -= (size_t)size;
    FileNode *node = &nodes[ubj_i32(sets->owners.bytes, i)];
    file->sets[file->set_count] = (FileSet){node->feature, file->code_count, (size_t)size, node->missing_left};
    node->set = (uint32_t)++file->set_count;
    if (!read_codes(reading, &sets->codes, (size_t)start, (size_t)size)) return false;
  }
  return true;
}
