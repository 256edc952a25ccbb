/* From rows to columns. Included by forest_search.h, for a kernel that has said what its lanes_place(row) is.
 *
 * The rows of a block are far apart in memory. Of many columns each row begins on another page, and where their distance
 * is a power of two they all compete for the same few places of a cache: what is fetched for one column is gone before
 * the next one is read. So all that is used of a piece of each row is read at once, four rows by four columns. */
#include <string.h>

#include "forest_kernels.h"

#define SHUFFLED __builtin_shufflevector
typedef float Four __attribute__((vector_size(16)));

enum { FOUR = 4, GATHERED = 16 }; /* columns that are read together, at most: a cache line of floats */

/* Values of GATHERED columns from the first one on, column by column, each in its row's lane. */
typedef struct {
  const uint8_t *rows[BLOCK]; /* where each begins; those that are not there are copies of the last one */
  float widened[BLOCK][FOUR]; /* the rows, where they have less than four columns */
  size_t columns, first, end;
  float values[GATHERED][BLOCK];
} Gathered;

TARGET static inline void gather_begin(Gathered *gathered, const Plan *plan, const uint8_t *matrix, size_t rows) {
  size_t row_size = plan->columns * sizeof(float);
  gathered->columns = plan->columns < FOUR ? FOUR : plan->columns;
  gathered->first = gathered->end = 0;
  for (size_t i = 0; i < BLOCK; i++) {
    const uint8_t *row = matrix + (i < rows ? i : rows - 1) * row_size;
    gathered->rows[i] = row;
    if (plan->columns >= FOUR) continue;
    memset(gathered->widened[i], 0, sizeof gathered->widened[i]);
    memcpy(gathered->widened[i], row, row_size);
    gathered->rows[i] = (const uint8_t *)gathered->widened[i];
  }
}

/* Four columns of four rows, of which the lanes too are side by side. */
TARGET static inline void gather_square(Gathered *gathered, size_t row, size_t column) {
  Four in[FOUR];
#pragma GCC unroll 4
  for (size_t i = 0; i < FOUR; i++) memcpy(&in[i], gathered->rows[row + i] + sizeof(float) * column, sizeof in[i]);
  Four low0 = SHUFFLED(in[0], in[1], 0, 4, 1, 5), low1 = SHUFFLED(in[2], in[3], 0, 4, 1, 5);
  Four high0 = SHUFFLED(in[0], in[1], 2, 6, 3, 7), high1 = SHUFFLED(in[2], in[3], 2, 6, 3, 7);
  Four out[FOUR] = {SHUFFLED(low0, low1, 0, 1, 4, 5), SHUFFLED(low0, low1, 2, 3, 6, 7),
                    SHUFFLED(high0, high1, 0, 1, 4, 5), SHUFFLED(high0, high1, 2, 3, 6, 7)};
  float *to = gathered->values[column - gathered->first] + lanes_place(row);
#pragma GCC unroll 4
  for (size_t i = 0; i < FOUR; i++) memcpy(to + i * BLOCK, &out[i], sizeof out[i]);
}

/* Reads the columns of a feature, and of those of the next ones, up to `end`, that are near. */
TARGET static inline void gather_piece(Gathered *gathered, const RankFeature *feature, const RankFeature *end) {
  size_t last = gathered->columns - FOUR; /* that four columns can be read from */
  gathered->first = feature->feature < last ? feature->feature : last;
  for (; feature < end && feature->feature < gathered->first + GATHERED; feature++) {
    gathered->end = feature->feature + (size_t)1;
  }
  size_t next_piece = sizeof(float) * (gathered->end + GATHERED - 1); /* no row need reach so far */
  for (size_t row = 0; row < BLOCK; row += FOUR) {
    for (size_t i = 0; i < FOUR; i++) {
      __builtin_prefetch((const void *)((uintptr_t)gathered->rows[row + i] + next_piece));
    }
    for (size_t column = gathered->first; column < gathered->end; column += FOUR) {
      gather_square(gathered, row, column < last ? column : last);
    }
  }
}

/* The values of a feature, BLOCK of them. Features are asked for in ascending order. */
TARGET static inline const float *gather(Gathered *gathered, const RankFeature *feature, const RankFeature *end) {
  if (feature->feature >= gathered->end) gather_piece(gathered, feature, end);
  return gathered->values[feature->feature - gathered->first];
}
