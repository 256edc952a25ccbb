/* What the members of a model file say together, once all of them were read. */
#include "forest_reading.h"

#include <math.h>
#include <stdlib.h>

/* More of either is nothing that a Lambda function serves, and all sizes stay far from overflowing. */
enum { MAX_COLUMNS = 1 << 20, MAX_CLASSES = 1 << 16, MAX_SET_WORDS = 1 << 23 };
static const double MAX_SCORE = 1e38; /* of all trees' largest leaves together, as in predictors/xgboost/structure.py */

static bool settle_sizes(Reading *reading) {
  ForestFile *file = reading->file;
  int64_t columns, classes, targets, trees;
  bool wrapped = ubj_is(reading->booster, "dart") && reading->inner_booster.bytes != NULL;
  UbjToken booster = wrapped ? reading->inner_booster : reading->booster;
  if (booster.bytes == NULL || !ubj_is(booster, "gbtree") || (!wrapped && reading->inner_booster.bytes != NULL))
    return forest_refuse(reading, "the booster is neither gbtree nor dart");
  if (wrapped && !reading->weights.present) return forest_refuse(reading, "the booster is dart without weights");
  if (!reading->has_trees || !reading->has_version || !reading->has_names || !reading->has_types ||
      !reading->has_attributes) {
    return forest_refuse(reading, "the file lacks a member");
  }
  if (!forest_digits(reading->num_feature, &columns) || columns < 1)
    return forest_refuse(reading, "num_feature is no number");
  if (reading->tree_columns >= 0 && reading->tree_columns != columns) {
    return forest_refuse(reading, "the trees are of another number of features");
  }
  if (!forest_digits(reading->num_class, &classes)) return forest_refuse(reading, "num_class is no number");
  if (reading->num_target.bytes != NULL && (!forest_digits(reading->num_target, &targets) || targets != 1)) {
    return forest_refuse(reading, "there is more than one target");
  }
  if (!forest_digits(reading->num_trees, &trees) || (size_t)trees != file->tree_count) {
    return forest_refuse(reading, "num_trees is another number");
  }
  if (columns > MAX_COLUMNS || classes > MAX_CLASSES)
    return forest_refuse(reading, "there are too many features or classes");
  file->columns = (size_t)columns;
  file->classes = classes > 1 ? (size_t)classes : 1;
  return true;
}

static bool settle_objective(Reading *reading) {
  ForestFile *file = reading->file;
  int64_t classes = 0;
  if (reading->objective.bytes == NULL) return forest_refuse(reading, "there is no objective");
  file->objective = objective_named(reading->objective);
  if (file->objective == NULL) return forest_refuse(reading, "the objective is not known");
  const char *wanted = file->objective->parameters;
  if (wanted != NULL && (reading->parameters_of.bytes == NULL || !ubj_is(reading->parameters_of, wanted))) {
    return forest_refuse(reading, "the objective lacks its parameters");
  }
  if (file->objective->answer != ANSWER_SOFTMAX) {
    return file->classes == 1 || forest_refuse(reading, "there are classes, and an objective that has none");
  }
  if (!forest_digits(reading->objective_classes, &classes) || (size_t)classes != file->classes || classes < 2) {
    return forest_refuse(reading, "the objective has another number of classes");
  }
  return true;
}

/* The margin of number `count` of base_score, which begins at `*at`; moves on to behind the comma after it. */
static bool settle_margin(Reading *reading, size_t *at, size_t end, bool listed, size_t count) {
  const uint8_t *text = reading->base_score.bytes;
  size_t start = *at, stop = start;
  float score;
  while (stop < end && !(listed && text[stop] == ',')) stop++;
  *at = stop + 1;
  return *at != end && objective_number(text + start, stop - start, &score) &&
         objective_margin(reading->file->objective, score, &reading->file->margins[count]);
}

/* One number, or since XGBoost 3.1 an array with one or one for each class. */
static bool settle_base_score(Reading *reading) {
  ForestFile *file = reading->file;
  UbjToken text = reading->base_score;
  if (text.count == 0) return forest_refuse(reading, "there is no base_score");
  bool listed = text.count > 2 && text.bytes[0] == '[' && text.bytes[text.count - 1] == ']';
  file->margins = malloc(file->classes * sizeof(float)); /* below 2^31 of them */
  if (file->margins == NULL) return forest_refuse(reading, "there is too little memory");
  size_t at = listed, end = text.count - listed, count = 0;
  for (; at < end && count < file->classes; count++) {
    if (!settle_margin(reading, &at, end, listed, count)) {
      return forest_refuse(reading, "base_score is not a number that the objective takes");
    }
  }
  if (at < end || (count != file->classes && count != 1)) {
    return forest_refuse(reading, "base_score has not one number, or one for each class");
  }
  for (size_t i = count; i < file->classes; i++) file->margins[i] = file->margins[0];
  return true;
}

static bool settle_classes_of_trees(Reading *reading) {
  ForestFile *file = reading->file;
  if (reading->classes_of_trees.count != file->tree_count)
    return forest_refuse(reading, "tree_info has another length");
  for (size_t i = 0; i < file->tree_count; i++) {
    int64_t class = reading->classes_of_trees.values[i];
    if (class < 0 || (size_t)class >= file->classes)
      return forest_refuse(reading, "tree_info has a class that is not there");
    file->trees[i].class = (uint32_t)class;
  }
  return true;
}

/* Without the starts of the rounds, which came with XGBoost 2, each round has as many trees, class by class. */
static bool settle_even_rounds(Reading *reading, size_t parallel, uint64_t iterations) {
  ForestFile *file = reading->file;
  size_t a_round = file->classes * parallel; /* at most 2^16 and 2^31 */
  if (file->tree_count % a_round != 0) return forest_refuse(reading, "the last round is not whole");
  for (size_t i = 0; i < file->tree_count; i++) {
    if (file->trees[i].class != i / parallel % file->classes)
      return forest_refuse(reading, "the classes of the trees are in another order");
  }
  size_t rounds = file->tree_count / a_round;
  if (iterations > rounds) return forest_refuse(reading, "there are fewer rounds than should count");
  file->scored = iterations == 0 ? file->tree_count : (size_t)iterations * a_round;
  return true;
}

static bool settle_listed_rounds(Reading *reading, uint64_t iterations) {
  ForestFile *file = reading->file;
  const Integers *starts = &reading->starts_of_rounds;
  if (starts->count == 0) return forest_refuse(reading, "iteration_indptr is empty");
  if (starts->values[0] != 0 || starts->values[starts->count - 1] != (int64_t)file->tree_count) {
    return forest_refuse(reading, "iteration_indptr does not rise from 0 to the number of trees");
  }
  for (size_t i = 1; i < starts->count; i++) {
    if (starts->values[i] < starts->values[i - 1]) return forest_refuse(reading, "iteration_indptr falls");
  }
  if (iterations > starts->count - 1) return forest_refuse(reading, "there are fewer rounds than should count");
  file->scored = iterations == 0 ? file->tree_count : (size_t)starts->values[iterations];
  return true;
}

/* Without any tree XGBoost takes base_score for the margin itself, and rounds that end at tree 0 for all rounds. */
static bool settle_rounds(Reading *reading, uint64_t iterations) {
  int64_t parallel;
  if (!forest_digits(reading->num_parallel_tree, &parallel) || parallel < 1) {
    return forest_refuse(reading, "num_parallel_tree is no number from 1 on");
  }
  bool settled = reading->starts_of_rounds.present ? settle_listed_rounds(reading, iterations)
                                                   : settle_even_rounds(reading, (size_t)parallel, iterations);
  return settled && (reading->file->scored > 0 || forest_refuse(reading, "no tree counts"));
}

/* Each set becomes as many bits as its feature has categories: a few large codes must not make them gigabytes. */
static bool check_sets(Reading *reading) {
  const ForestFile *file = reading->file;
  uint32_t *none = calloc(file->columns, sizeof *none);
  if (none == NULL) return forest_refuse(reading, "there is too little memory");
  size_t words = 0;
  for (size_t i = 0; i < file->set_count; i++) {
    const FileSet *set = &file->sets[i];
    for (size_t c = set->first; c < set->first + set->count; c++) {
      if (file->codes[c] > none[set->feature]) none[set->feature] = file->codes[c];
    }
  }
  for (size_t i = 0; i < file->set_count; i++) words += none[file->sets[i].feature] / 32 + 2;
  free(none);
  return words <= MAX_SET_WORDS || forest_refuse(reading, "the sets of categories are too large");
}

/* Leaves, each times its tree's weight: what XGBoost adds up. */
static bool settle_weights(Reading *reading) {
  const ForestFile *file = reading->file;
  if (!reading->weights.present) return true;
  if (reading->weights.count != file->tree_count) return forest_refuse(reading, "weight_drop has another length");
  for (size_t t = 0; t < file->tree_count; t++) {
    FileNode *nodes = file->nodes + file->trees[t].first;
    if (!isfinite(reading->weights.values[t]))
      return forest_refuse(reading, "weight_drop has a number that is not finite");
    for (size_t i = 0; i < file->trees[t].count; i++) {
      if (nodes[i].left == NO_CHILD) nodes[i].value *= reading->weights.values[t];
    }
  }
  return true;
}

/* Whatever way a row takes through the trees, the sum stays finite. */
static bool check_sums(Reading *reading) {
  const ForestFile *file = reading->file;
  double total = 0.0, base = 0.0;
  for (size_t i = 0; i < file->classes; i++) base = fmax(base, fabs((double)file->margins[i]));
  for (size_t t = 0; t < file->tree_count; t++) {
    const FileNode *nodes = file->nodes + file->trees[t].first;
    double largest = 0.0;
    for (size_t i = 0; i < file->trees[t].count; i++) {
      if (nodes[i].left == NO_CHILD) largest = fmax(largest, fabs((double)nodes[i].value));
    }
    total += largest;
  }
  return base + total <= MAX_SCORE || forest_refuse(reading, "the leaves may add up to more than 1e38");
}

bool forest_settle(Reading *reading, uint64_t iterations) {
  return settle_sizes(reading) && settle_objective(reading) && settle_base_score(reading) &&
         settle_classes_of_trees(reading) && settle_rounds(reading, iterations) && settle_weights(reading) &&
         check_sets(reading) && check_sums(reading);
}
