/* From thresholds to ranks, when a model is loaded. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forest_plan.h"

uint64_t forest_split_key(uint32_t feature, float threshold) {
  uint32_t bits;
  threshold += 0.0F; /* -0 and 0 are one threshold */
  memcpy(&bits, &threshold, sizeof bits);
  bits = bits & 0x80000000U ? ~bits : bits | 0x80000000U;
  return (uint64_t)feature << 32 | bits;
}

static float threshold_of(uint64_t key) {
  uint32_t bits = (uint32_t)key;
  float threshold;
  bits = bits & 0x80000000U ? bits & 0x7fffffffU : ~bits;
  memcpy(&threshold, &bits, sizeof threshold);
  return threshold;
}

/* By byte after byte of the key, from the last on; the bytes that are all the same are left out. */
static Split *sorted(Split *splits, Split *spare, size_t count) {
  static const unsigned BITS = 8;
  for (unsigned shift = 0; shift < 64; shift += BITS) {
    size_t starts[257] = {0};
    for (size_t i = 0; i < count; i++) starts[(splits[i].key >> shift & 255) + 1]++;
    if (starts[(splits[0].key >> shift & 255) + 1] == count) continue;
    for (size_t i = 1; i < 257; i++) starts[i] += starts[i - 1];
    for (size_t i = 0; i < count; i++) spare[starts[splits[i].key >> shift & 255]++] = splits[i];
    Split *swapped = splits;
    splits = spare;
    spare = swapped;
  }
  return splits;
}

/* What is made of sorted splits, one feature after the other. */
typedef struct {
  Plan *plan;
  size_t lanes;  /* nodes in lanes, which are numbered before those below */
  float *unique; /* the thresholds of the feature at hand */
  size_t threshold_room;
  size_t threshold_count;
} Ranking;

/* One level of a feature's thresholds, of which each entry stands for `stride` of them: the greatest, unless it is the
 * last one, beyond which there is nowhere to go. */
static size_t put_level(Ranking *ranking, size_t count, size_t stride) {
  size_t first = ranking->threshold_count, groups = (count + SIXTEEN * stride - 1) / (SIXTEEN * stride);
  float *thresholds = ranking->plan->thresholds;
  for (size_t i = 0; i < groups * SIXTEEN; i++) {
    size_t end = (i + 1) * stride;
    bool there = stride == 1 ? end <= count : end < count;
    thresholds[first + i] = there ? ranking->unique[end - 1] : NAN;
  }
  ranking->threshold_count += groups * SIXTEEN;
  return first;
}

static bool put_levels(Ranking *ranking, RankFeature *feature, size_t count) {
  Plan *plan = ranking->plan;
  /* A level has a sixteenth of the next one, rounded up: all of them together less than twice the last. */
  size_t most = ranking->threshold_count + 2 * count + RANK_LEVELS * SIXTEEN;
  float *thresholds = forest_grown(plan->thresholds, &ranking->threshold_room, most, sizeof *thresholds);
  if (thresholds == NULL) return false;
  plan->thresholds = thresholds;
  feature->threshold_count = (uint32_t)count;
  size_t stride = 1;
  for (feature->level_count = 1; stride * SIXTEEN < count; feature->level_count++) stride *= SIXTEEN;
  for (uint32_t i = 0; i < feature->level_count; i++, stride /= SIXTEEN) {
    feature->levels[i] = put_level(ranking, count, stride);
  }
  return true;
}

static void put_split(const Ranking *ranking, size_t node, uint32_t column, int bound) {
  if (node >= ranking->lanes) {
    ranking->plan->lower[node - ranking->lanes] |= (LowerNode)(uint8_t)bound << LOWER_BOUND_BITS | column;
    return;
  }
  ranking->plan->lanes[node].column = column;
  memset(ranking->plan->lanes[node].bound, bound, sizeof ranking->plan->lanes[node].bound);
}

/* A feature's splits, sorted: the lane column for each, of which two at most are for the same thresholds. */
static bool rank_feature(Ranking *ranking, const Split *splits, size_t count) {
  Plan *plan = ranking->plan;
  RankFeature *feature = &plan->features[plan->feature_count++];
  *feature = (RankFeature){.feature = (uint32_t)(splits[0].key >> 32), .columns = plan->rank_column_count};
  size_t unique = 0;
  size_t columns[2] = {0}; /* for the thresholds at hand, by where missing values go: its number and 1, or 0 */
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || splits[i].key != splits[i - 1].key) {
      ranking->unique[unique++] = threshold_of(splits[i].key);
      if (unique % COLUMN_THRESHOLDS == 1) columns[0] = columns[1] = 0;
    }
    uint32_t rank = (uint32_t)(unique - 1), number = rank % COLUMN_THRESHOLDS;
    size_t *column = &columns[splits[i].missing_left];
    if (*column == 0) {
      plan->rank_columns[plan->rank_column_count++] = (RankColumn){rank - number, splits[i].missing_left};
      *column = plan->rank_column_count;
    }
    put_split(ranking, splits[i].node, (uint32_t)((rank_columns(plan) + *column - 1) * BLOCK), (int)number + 1 - 128);
  }
  feature->column_count = plan->rank_column_count - feature->columns;
  return put_levels(ranking, feature, unique);
}

/* Features, and pairs of a chunk and a direction, that occur: no more than there are splits. */
static bool room_for(Plan *plan, const Split *splits, size_t count) {
  size_t features = 1;
  for (size_t i = 1; i < count; i++) features += splits[i].key >> 32 != splits[i - 1].key >> 32;
  plan->features = malloc(features * sizeof *plan->features);
  plan->rank_columns = malloc(count * sizeof *plan->rank_columns);
  return plan->features != NULL && plan->rank_columns != NULL;
}

static bool rank_sorted(Plan *plan, const Split *splits, size_t count, size_t lanes) {
  Ranking ranking = {.plan = plan, .lanes = lanes, .unique = malloc(count * sizeof(float))};
  bool ranked = ranking.unique != NULL && room_for(plan, splits, count);
  for (size_t first = 0, end; ranked && first < count; first = end) {
    for (end = first + 1; end < count && splits[end].key >> 32 == splits[first].key >> 32; end++) continue;
    ranked = rank_feature(&ranking, splits + first, end - first);
  }
  free(ranking.unique);
  return ranked;
}

bool forest_rank_splits(Plan *plan, Split *splits, size_t count, size_t lanes) {
  if (count == 0) return true;
  Split *spare = malloc(count * sizeof *spare);
  bool ranked = spare != NULL && rank_sorted(plan, sorted(splits, spare, count), count, lanes);
  free(spare);
  return ranked;
}
