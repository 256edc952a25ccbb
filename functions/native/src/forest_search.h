/* The ranks of a block of rows. Included by each kernel, after it has said how it searches:
 *
 *   lanes_count(sixteen, value)    how many of sixteen thresholds are at most the value; none is at most NaN
 *   lanes_place(row)               the lane of a row within its block
 *   lanes_members(set, codes, column)   127 for BLOCK codes that are in a set of no more than BYTE_CODES, else -128
 *
 * and LANE_RANKS, the name of the function that is made here. */
#include <string.h>

#include "forest_kernels.h"

TARGET static inline uint32_t rank(const float *thresholds, const RankFeature *feature, float value) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < feature->level_count; i++) {
    at = at * SIXTEEN + lanes_count(thresholds + feature->levels[i] + (size_t)at * SIXTEEN, value);
  }
  return at;
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
  bool few = feature->none + 2 <= BYTE_CODES;
  for (size_t i = 0; i < BLOCK; i++) bytes[i] = (uint8_t)codes[i];
  for (size_t s = 0; s < feature->set_count; s++) {
    const uint32_t *set = plan->set_words + feature->first_word + s * feature->words;
    uint8_t *column = columns + (SET_COLUMNS + feature->first_set + s) * BLOCK;
    if (few) {
      lanes_members(set, bytes, column);
      continue;
    }
    for (size_t i = 0; i < BLOCK; i++) column[i] = in_set(set, codes[i]) ? 127 : 128;
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
  uint32_t ranks[BLOCK] = {0}, missing[BLOCK] = {0};
  all_sets(plan, matrix, rows, columns);
  for (const RankFeature *feature = plan->features; feature < plan->features + plan->feature_count; feature++) {
    const uint8_t *at = matrix + sizeof(float) * feature->feature;
    for (size_t i = 0; i < rows; i++, at += sizeof(float) * plan->columns) {
      float value;
      memcpy(&value, at, sizeof value);
      ranks[lanes_place(i)] = rank(plan->thresholds, feature, value);
      missing[lanes_place(i)] = value == value ? 0 : UINT32_MAX;
    }
    for (size_t c = feature->columns; c < feature->columns + feature->column_count; c++) {
      put_column(plan->rank_columns[c], ranks, missing, columns + (rank_columns(plan) + c) * BLOCK);
    }
  }
}
