#include "forest_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forest_reading.h"

bool forest_refuse(Reading *reading, const char *reason) {
  if (reading->reason[0] == 0) snprintf(reading->reason, FOREST_REASON_SIZE, "%s", reason);
  return false;
}

bool forest_refuse_tree(Reading *reading, const char *reason) {
  if (reading->reason[0] == 0) {
    snprintf(reading->reason, FOREST_REASON_SIZE, "tree %zu %s", reading->file->tree_count, reason);
  }
  return false;
}

bool forest_digits(UbjToken text, int64_t *number) {
  if (text.kind != UBJ_TEXT || text.count == 0 || text.count > 10) return false;
  *number = 0;
  for (size_t i = 0; i < text.count; i++) {
    if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
    *number = *number * 10 + (text.bytes[i] - '0');
  }
  return *number <= INT32_MAX;
}

/* ---- Values, which all go into the skeleton too ---- */

typedef bool Member(Reading *reading, UbjToken key);

static bool copy(Reading *reading, UbjToken first) {
  return forest_text_value(&reading->file->skeleton, &reading->reader, first) ||
         forest_refuse(reading, "the bytes are no UBJSON, or have a number that is not finite");
}

/* An object, of which `member` reads each value. */
static bool object(Reading *reading, Member *member) {
  if (ubj_next(&reading->reader).kind != UBJ_OBJECT)
    return forest_refuse(reading, "a member is no object where one belongs");
  forest_text_open(&reading->file->skeleton, '{');
  for (;;) {
    UbjToken key = ubj_next(&reading->reader);
    if (key.kind == UBJ_OBJECT_END) break;
    if (key.kind != UBJ_KEY) return forest_refuse(reading, "the bytes are no UBJSON");
    forest_text_key(&reading->file->skeleton, key);
    if (!member(reading, key)) return false;
  }
  forest_text_close(&reading->file->skeleton, '}');
  return true;
}

static bool unknown(Reading *reading) { return forest_refuse(reading, "the file has a member that is not known"); }

static bool keep(Reading *reading, UbjToken *text) {
  if (text->bytes != NULL) return forest_refuse(reading, "the file has a member twice");
  *text = ubj_next(&reading->reader);
  return text->kind == UBJ_TEXT ? copy(reading, *text) : forest_refuse(reading, "a parameter is no text");
}

static bool append(Reading *reading, Integers *list, int64_t value) {
  int64_t *values = forest_grown(list->values, &list->room, list->count + 1, sizeof *values);
  if (values == NULL) return forest_refuse(reading, "there is too little memory");
  list->values = values;
  list->values[list->count++] = value;
  return true;
}

static bool typed_integers(Reading *reading, Integers *list, UbjToken array) {
  if (!ubj_is_integral(array.type)) return forest_refuse(reading, "a list has another type than integers");
  for (size_t i = 0; i < array.count; i++) {
    if (!append(reading, list, ubj_integer(array, i))) return false;
  }
  return copy(reading, array);
}

static bool integers(Reading *reading, Integers *list) {
  if (list->present) return forest_refuse(reading, "the file has a member twice");
  list->present = true;
  UbjToken token = ubj_next(&reading->reader);
  if (token.kind == UBJ_NUMBERS) return typed_integers(reading, list, token);
  if (token.kind != UBJ_ARRAY) return forest_refuse(reading, "a member is no list where one belongs");
  forest_text_open(&reading->file->skeleton, '[');
  for (token = ubj_next(&reading->reader); token.kind == UBJ_INTEGER; token = ubj_next(&reading->reader)) {
    if (!append(reading, list, token.integer) || !copy(reading, token)) return false;
  }
  forest_text_close(&reading->file->skeleton, ']');
  return token.kind == UBJ_ARRAY_END || forest_refuse(reading, "a list has another type than integers");
}

static bool add_weight(Reading *reading, double value) {
  Weights *list = &reading->weights;
  float *values = forest_grown(list->values, &list->room, list->count + 1, sizeof *values);
  if (values == NULL) return forest_refuse(reading, "there is too little memory");
  list->values = values;
  list->values[list->count++] = (float)value;
  return true;
}

static bool weights(Reading *reading) {
  if (reading->weights.present) return forest_refuse(reading, "the file has a member twice");
  reading->weights.present = true;
  if (ubj_next(&reading->reader).kind != UBJ_ARRAY)
    return forest_refuse(reading, "a member is no list where one belongs");
  forest_text_open(&reading->file->skeleton, '[');
  UbjToken token;
  for (token = ubj_next(&reading->reader); token.kind == UBJ_FLOAT; token = ubj_next(&reading->reader)) {
    if (!copy(reading, token) || !add_weight(reading, token.number)) return false;
  }
  forest_text_close(&reading->file->skeleton, ']');
  return token.kind == UBJ_ARRAY_END || forest_refuse(reading, "a list has another type than floats");
}

/* ---- The members of the file, from the inside out ---- */

static bool trees(Reading *reading) {
  if (reading->has_trees) return forest_refuse(reading, "the file has a member twice");
  reading->has_trees = true;
  if (ubj_next(&reading->reader).kind != UBJ_ARRAY) return forest_refuse(reading, "the trees are no list");
  for (;;) {
    UbjToken token = ubj_next(&reading->reader);
    if (token.kind == UBJ_ARRAY_END) break;
    if (token.kind != UBJ_OBJECT) return forest_refuse_tree(reading, "is no object");
    if (!forest_read_tree(reading)) return false;
  }
  forest_text_literal(&reading->file->skeleton, "[]");
  return true;
}

static bool model_parameter(Reading *reading, UbjToken key) {
  if (ubj_is(key, "num_trees")) return keep(reading, &reading->num_trees);
  if (ubj_is(key, "num_parallel_tree")) return keep(reading, &reading->num_parallel_tree);
  UbjToken vector = {.kind = UBJ_FAULT}; /* of files before XGBoost 2: of no use since */
  if (!ubj_is(key, "size_leaf_vector") || !keep(reading, &vector)) return unknown(reading);
  return ubj_is(vector, "0") || forest_refuse(reading, "the leaves are vectors");
}

/* The names of categories, which scoring does without: whether they are the manifest's is looked at in the skeleton. */
static bool kept_categories(Reading *reading, UbjToken key) {
  UbjToken value = ubj_next(&reading->reader);
  reading->members_of_cats++;
  if (!ubj_is(key, "enc") && !ubj_is(key, "feature_segments") && !ubj_is(key, "sorted_idx")) return unknown(reading);
  if (value.kind != UBJ_NUMBERS && value.kind != UBJ_ARRAY)
    return forest_refuse(reading, "a member is no list where one belongs");
  return copy(reading, value);
}

static bool categories(Reading *reading) {
  reading->members_of_cats = 0;
  return object(reading, kept_categories) &&
         (reading->members_of_cats == 3 || forest_refuse(reading, "the file lacks a member"));
}

static bool model_member(Reading *reading, UbjToken key) {
  if (ubj_is(key, "trees")) return trees(reading);
  if (ubj_is(key, "tree_info")) return integers(reading, &reading->classes_of_trees);
  if (ubj_is(key, "iteration_indptr")) return integers(reading, &reading->starts_of_rounds);
  if (ubj_is(key, "gbtree_model_param")) return object(reading, model_parameter);
  if (ubj_is(key, "cats")) return categories(reading);
  if (ubj_is(key, "weight_drop")) return weights(reading);
  return unknown(reading);
}

/* Until XGBoost 3.3, dart was a booster around the trees'. */
static bool inner_booster_member(Reading *reading, UbjToken key) {
  if (ubj_is(key, "name")) return keep(reading, &reading->inner_booster);
  if (ubj_is(key, "model")) return object(reading, model_member);
  return unknown(reading);
}

static bool booster_member(Reading *reading, UbjToken key) {
  if (ubj_is(key, "name")) return keep(reading, &reading->booster);
  if (ubj_is(key, "model")) return object(reading, model_member);
  if (ubj_is(key, "weight_drop")) return weights(reading);
  if (ubj_is(key, "gbtree")) return object(reading, inner_booster_member);
  return unknown(reading);
}

static bool learner_parameter(Reading *reading, UbjToken key) {
  if (ubj_is(key, "base_score")) return keep(reading, &reading->base_score);
  if (ubj_is(key, "num_class")) return keep(reading, &reading->num_class);
  if (ubj_is(key, "num_feature")) return keep(reading, &reading->num_feature);
  if (ubj_is(key, "num_target")) return keep(reading, &reading->num_target);
  UbjToken flag = {.kind = UBJ_FAULT};
  if (!ubj_is(key, "boost_from_average") || !keep(reading, &flag)) return unknown(reading);
  return ubj_is(flag, "0") || ubj_is(flag, "1") || forest_refuse(reading, "boost_from_average is neither 0 nor 1");
}

static bool objective_parameter(Reading *reading, UbjToken key) {
  UbjToken value = ubj_next(&reading->reader);
  if (value.kind != UBJ_TEXT || !objective_takes(key, value)) {
    return forest_refuse(reading, "the objective has a parameter that is not known, or beyond its bounds");
  }
  if (ubj_is(key, "num_class")) reading->objective_classes = value;
  return copy(reading, value);
}

static bool objective_member(Reading *reading, UbjToken key) {
  if (ubj_is(key, "name")) return keep(reading, &reading->objective);
  if (reading->parameters_of.bytes != NULL) return forest_refuse(reading, "the objective has two kinds of parameters");
  reading->parameters_of = key;
  return object(reading, objective_parameter);
}

static bool attribute(Reading *reading, UbjToken key) {
  (void)key;
  UbjToken value = ubj_next(&reading->reader);
  return value.kind == UBJ_TEXT ? copy(reading, value) : forest_refuse(reading, "an attribute is no text");
}

static bool texts(Reading *reading) {
  if (ubj_next(&reading->reader).kind != UBJ_ARRAY)
    return forest_refuse(reading, "a member is no list where one belongs");
  forest_text_open(&reading->file->skeleton, '[');
  UbjToken token;
  for (token = ubj_next(&reading->reader); token.kind == UBJ_TEXT; token = ubj_next(&reading->reader)) {
    if (!copy(reading, token)) return false;
  }
  forest_text_close(&reading->file->skeleton, ']');
  return token.kind == UBJ_ARRAY_END || forest_refuse(reading, "a list has another type than texts");
}

static bool learner_member(Reading *reading, UbjToken key) {
  if (ubj_is(key, "gradient_booster")) return object(reading, booster_member);
  if (ubj_is(key, "learner_model_param")) return object(reading, learner_parameter);
  if (ubj_is(key, "objective")) return object(reading, objective_member);
  if (ubj_is(key, "attributes")) return (reading->has_attributes = true) && object(reading, attribute);
  if (ubj_is(key, "feature_names")) return (reading->has_names = true) && texts(reading);
  if (ubj_is(key, "feature_types")) return (reading->has_types = true) && texts(reading);
  return unknown(reading);
}

static bool version(Reading *reading) {
  Integers numbers = {.values = NULL};
  bool sound = integers(reading, &numbers) && numbers.count == 3;
  for (size_t i = 0; sound && i < 3; i++) sound = numbers.values[i] >= (i == 0) && numbers.values[i] < 1000;
  free(numbers.values);
  reading->has_version = sound;
  return sound || forest_refuse(reading, "the version is not three small numbers");
}

static bool file_member(Reading *reading, UbjToken key) {
  if (ubj_is(key, "learner")) return object(reading, learner_member);
  if (ubj_is(key, "version")) return version(reading);
  return unknown(reading);
}

/* Twice what model_store/verify.py lets through: so that all numbers of nodes and columns fit in 32 bits. */
enum { MAX_SIZE = 1 << 30 };

bool forest_file_read(ForestFile *file, const uint8_t *model, size_t size, uint64_t iterations,
                      char reason[FOREST_REASON_SIZE]) {
  Reading reading;
  memset(file, 0, sizeof *file);
  memset(&reading, 0, sizeof reading);
  reading.file = file;
  reading.reader = ubj_reader(model, size);
  reading.reason = reason;
  reading.tree_columns = -1;
  reason[0] = 0;
  bool read = size <= MAX_SIZE ? object(&reading, file_member) : forest_refuse(&reading, "the file is too large");
  if (read && ubj_next(&reading.reader).kind != UBJ_END)
    read = forest_refuse(&reading, "the file continues after its end");
  if (read && file->skeleton.failed) read = forest_refuse(&reading, "there is too little memory");
  read = read && forest_settle(&reading, iterations);
  free(reading.classes_of_trees.values);
  free(reading.starts_of_rounds.values);
  free(reading.weights.values);
  return read;
}

void forest_file_release(ForestFile *file) {
  free(file->nodes);
  free(file->trees);
  free(file->sets);
  free(file->codes);
  free(file->margins);
  text_free(&file->skeleton.json);
  memset(file, 0, sizeof *file);
}
