/* One tree, for SHAP_LANES rows. Included by each kernel, after it has said:
 *
 *   SHAP_KERNEL   the name of the function that is made here
 *   TARGET        the attribute of functions that use its instructions
 *
 * Vectors are the compiler's own: each operation is that of IEEE 754 on every lane, in an order that is written here, so
 * that all kernels give the same bits. */
#include <string.h>

#include "shap_tree.h"

typedef double Doubles __attribute__((vector_size(8 * SHAP_LANES)));
typedef int64_t Masks __attribute__((vector_size(8 * SHAP_LANES)));
typedef float Floats __attribute__((vector_size(4 * SHAP_LANES)));
typedef int32_t Signs __attribute__((vector_size(4 * SHAP_LANES)));

#define SHAP_INLINE TARGET static inline __attribute__((always_inline))

/* One of two vectors lane by lane: the first where the mask is set. */
#ifndef SHAP_CHOOSE
#define SHAP_CHOOSE(mask, on, off) ((Doubles)(((Masks)(on) & (mask)) | ((Masks)(off) & ~(mask))))
#endif
#define ALL(number) ((Doubles){0} + (number))
#define KEEP(mask, vector) ((Doubles)((Masks)(vector) & (mask)))

typedef struct {
  Doubles *sums;  /* of each split and point: the product down to it, then the sum of what is below it */
  Masks (*on)[2]; /* of each split and side: whether the row satisfies all of the path's conditions of the feature */
  const ShapPass *pass;
  const float *columns;
  double *values;
} Work;

SHAP_INLINE void add_value(const Work *work, uint32_t feature, const Doubles *value) {
  Doubles *to = (Doubles *)(void *)(work->values + (size_t)feature * SHAP_LANES);
  *to += *value;
}

SHAP_INLINE void goes_left(const Work *work, const ShapSplit *split, Masks *left) {
  Floats value;
  memcpy(&value, work->columns + (size_t)split->column * SHAP_LANES, sizeof value);
  Signs signs = value < split->threshold;
  if (split->missing_left) signs |= value != value;
  *left = __builtin_convertvector(signs, Masks);
}

SHAP_INLINE void down_to_leaves(const Work *work, const ShapSplit *split, size_t number, const size_t points,
                                const bool again) {
  const ShapFactors *factors = &work->pass->factors[number * points];
  Doubles *own = &work->sums[number * points], value = {0};
  Masks left, above = {0};
  goes_left(work, split, &left);
  if (again) above = work->on[split->above][split->above_side];
  for (size_t q = 0; q < points; q++) {
    Doubles both = SHAP_CHOOSE(left, ALL(factors[q].on[0]), ALL(factors[q].off[0]));
    Doubles part = SHAP_CHOOSE(left, ALL(factors[q].part_on[0]), ALL(factors[q].part_off[0]));
    if (again) {
      both = SHAP_CHOOSE(above, both, ALL(split->ratio[0] * split->leaf[0] + split->ratio[1] * split->leaf[1]));
      part = KEEP(above, part);
    }
    value += own[q] * part;
    own[q] *= both;
  }
  add_value(work, split->feature, &value);
}

SHAP_INLINE void down_side(const Work *work, const ShapSplit *split, size_t number, const int s, const Masks *above,
                           const Doubles *product, Doubles *value, const size_t points, const bool again) {
  const ShapFactors *factors = &work->pass->factors[number * points];
  const Masks on = work->on[number][s];
  Doubles *own = &work->sums[number * points];
  for (size_t q = 0; q < points; q++) {
    Doubles factor = SHAP_CHOOSE(on, ALL(factors[q].on[s]), ALL(factors[q].off[s]));
    if (again) factor = SHAP_CHOOSE(*above, factor, ALL(split->ratio[s]));
    Doubles below = product[q] * factor;
    if (split->child[s] != NO_CHILD) {
      work->sums[(size_t)split->child[s] * points + q] = below;
      continue;
    }
    below *= split->leaf[s];
    Doubles part = SHAP_CHOOSE(on, ALL(factors[q].part_on[s]), ALL(factors[q].part_off[s]));
    if (again) part = KEEP(*above, part);
    own[q] += below;
    *value += below * part;
  }
}

SHAP_INLINE void down(const Work *work, const ShapSplit *split, size_t number, const size_t points, const bool again) {
  Doubles *own = &work->sums[number * points], product[SHAP_POINTS], value = {0};
  Masks left, above = {0};
  goes_left(work, split, &left);
  if (again) above = work->on[split->above][split->above_side];
  work->on[number][0] = again ? above & left : left;
  work->on[number][1] = again ? above & ~left : ~left;
  for (size_t q = 0; q < points; q++) {
    product[q] = own[q];
    own[q] = (Doubles){0};
  }
  down_side(work, split, number, 0, &above, product, &value, points, again);
  down_side(work, split, number, 1, &above, product, &value, points, again);
  if (split->child[0] == NO_CHILD || split->child[1] == NO_CHILD) add_value(work, split->feature, &value);
}

SHAP_INLINE void up(const Work *work, const ShapSplit *split, size_t number, const size_t points, const bool again) {
  const ShapFactors *factors = &work->pass->factors[number * points];
  Doubles *own = &work->sums[number * points], value = {0};
  Masks above = {0};
  if (again) above = work->on[split->above][split->above_side];
  for (int s = 0; s < 2; s++) {
    if (split->child[s] == NO_CHILD) continue;
    const Masks on = work->on[number][s];
    const Doubles *below = &work->sums[(size_t)split->child[s] * points];
    for (size_t q = 0; q < points; q++) {
      Doubles part = SHAP_CHOOSE(on, ALL(factors[q].part_on[s]), ALL(factors[q].part_off[s]));
      if (again) part = KEEP(above, part);
      own[q] += below[q];
      value += below[q] * part;
    }
  }
  add_value(work, split->feature, &value);
}

SHAP_INLINE void both_ways(const Work *work, const size_t points) {
  for (size_t q = 0; q < points; q++) work->sums[q] = (Doubles){0} + work->pass->weights[q];
  for (size_t i = 0; i < work->pass->split_count; i++) {
    const ShapSplit *split = &work->pass->splits[i];
    if (shap_two_leaves(split)) {
      if (split->above < 0) {
        down_to_leaves(work, split, i, points, false);
      } else {
        down_to_leaves(work, split, i, points, true);
      }
    } else if (split->above < 0) {
      down(work, split, i, points, false);
    } else {
      down(work, split, i, points, true);
    }
  }
  for (size_t i = work->pass->split_count; i-- > 0;) {
    const ShapSplit *split = &work->pass->splits[i];
    if (shap_two_leaves(split)) continue;
    if (split->above < 0) {
      up(work, split, i, points, false);
    } else {
      up(work, split, i, points, true);
    }
  }
}

/* The number of points is a constant in each call, so that its loops are unrolled. */
TARGET void SHAP_KERNEL(const ShapPass *pass, const float *columns, double *values, void *scratch) {
  Work work = {.sums = scratch, .pass = pass, .columns = columns, .values = values};
  work.on = (Masks(*)[2])(void *)(work.sums + pass->split_count * pass->points);
  switch (pass->points) {
    case 1:
      both_ways(&work, 1);
      break;
    case 2:
      both_ways(&work, 2);
      break;
    case 3:
      both_ways(&work, 3);
      break;
    default:
      both_ways(&work, SHAP_POINTS);
  }
}
