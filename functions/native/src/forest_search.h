/* The ranks of a block of rows. Included by each kernel, after it has said how it searches:
 *
 *   lanes_count(sixteen, value)    how many of sixteen thresholds are at most the value; none is at most NaN
 *   lanes_place(row)               the lane of a row within its block; rows 4n to 4n + 3 are side by side
 *   lanes_members(sets, words, count, codes, columns)   for each set, which has bits for BYTE_CODES at most, a column:
 *                                  127 for each of BLOCK codes that is in it, else -128
 *
 *   VALUES, COUNTED                bytes of a vector of floats; how many thresholds it pays to compare with every value
 *
 * and LANE_RANKS, the name of the function that is made here. */
#include <string.h>

#include "forest_gather.h"
#include "forest_kernels.h"

typedef float Values __attribute__((vector_size(VALUES)));
typedef int32_t Counts __attribute__((vector_size(VALUES)));

/* How many of `count` thresholds are at most each of a block's values: threshold by threshold, for all values. */
TARGET static inline void count_all(const float *thresholds, uint32_t count, const float *values, uint32_t *ranks) {
  enum { EACH = VALUES / sizeof(float), AT_ONCE = 4 };
  for (size_t first = 0; first < BLOCK; first += (size_t)AT_ONCE * EACH) {
    Values of[AT_ONCE];
    Counts found[AT_ONCE] = {{0}};
    memcpy(of, values + first, sizeof of);
    for (uint32_t t = 0; t < count; t++) {
      Values all = thresholds[t] - (Values){0};
#pragma GCC unroll 4
      for (size_t i = 0; i < AT_ONCE; i++) found[i] -= all <= of[i]; /* -1 where it holds */
    }
    memcpy(ranks + first, found, sizeof found);
  }
}

/* Few thresholds are all compared with each value. Of more, the first level's are, and then sixteen of each next one. */
TARGET static inline void rank_all(const float *thresholds, const RankFeature *feature, const float *values,
                                   uint32_t *ranks) {
  const size_t *levels = feature->levels;
  if (feature->threshold_count <= COUNTED) {
    count_all(thresholds + levels[feature->level_count - 1], feature->threshold_count, values, ranks);
    return;
  }
  count_all(thresholds + levels[0], SIXTEEN, values, ranks);
  for (uint32_t i = 1; i < feature->level_count; i++) {
    for (size_t row = 0; row < BLOCK; row++) {
      size_t at = (size_t)ranks[row] * SIXTEEN;
      ranks[row] = (uint32_t)at + lanes_count(thresholds + levels[i] + at, values[row]);
    }
  }
}

/* Less 128, so that they are compared as signed bytes. Where a value is missing its rank is 0, and it goes left. */
TARGET static inline void put_column(RankColumn column, const uint32_t *ranks, const uint32_t *missing,
                                     uint8_t *bytes) {
  uint32_t right = column.missing_left ? 0 : COLUMN_THRESHOLDS;
  for (size_t i = 0; i < BLOCK; i++) {
    uint32_t above = ranks[i] < column.first ? 0 : ranks[i] - column.first;
    uint32_t clipped = above > COLUMN_THRESHOLDS ? COLUMN_THRESHOLDS : above;
    bytes[i] = (uint8_t)((clipped | (missing[i] & right)) - 128U);
  }
}

/* The columns of all sets of one feature. */
TARGET static inline void put_sets(const Plan *plan, const CodeFeature *feature, const uint32_t *codes,
                                   uint8_t *columns) {
  uint8_t bytes[BLOCK] __attribute__((aligned(64)));
  const uint32_t *sets = plan->set_words + feature->first_word;
  columns += (SET_COLUMNS + feature->first_set) * BLOCK;
  if (feature->none + 2 <= BYTE_CODES) {
    for (size_t i = 0; i < BLOCK; i++) bytes[i] = (uint8_t)codes[i];
    lanes_members(sets, feature->words, feature->set_count, bytes, columns);
    return;
  }
  for (size_t s = 0; s < feature->set_count; s++, sets += feature->words, columns += BLOCK) {
    for (size_t i = 0; i < BLOCK; i++) columns[i] = in_set(sets, codes[i]) ? 127 : 128;
  }
}

TARGET static inline void all_sets(const Plan *plan, const uint8_t *matrix, size_t rows, uint8_t *columns) {
  uint32_t codes[BLOCK] = {0};
  for (size_t f = 0; f < plan->code_feature_count; f++) {
    const CodeFeature *feature = &plan->code_features[f];
    const uint8_t *at = matrix + sizeof(float) * feature->feature;
    for (size_t i = 0; i < rows; i++, at += sizeof(float) * plan->columns) {
      float value;
      memcpy(&value, at, sizeof value);
      codes[lanes_place(i)] = code_of(feature, value);
    }
    put_sets(plan, feature, codes, columns);
  }
}

TARGET void LANE_RANKS(const Plan *plan, const uint8_t *matrix, size_t rows, uint8_t *columns) {
  const RankFeature *end = plan->features + plan->feature_count;
  uint32_t ranks[BLOCK], missing[BLOCK];
  Gathered gathered;
  all_sets(plan, matrix, rows, columns);
  gather_begin(&gathered, plan, matrix, rows);
  for (const RankFeature *feature = plan->features; feature < end; feature++) {
    const float *values = gather(&gathered, feature, end);
    rank_all(plan->thresholds, feature, values, ranks);
    for (size_t i = 0; i < BLOCK; i++) missing[i] = values[i] == values[i] ? 0 : UINT32_MAX;
    for (size_t c = feature->columns; c < feature->columns + feature->column_count; c++) {
      put_column(plan->rank_columns[c], ranks, missing, columns + (rank_columns(plan) + c) * BLOCK);
    }
  }
}
