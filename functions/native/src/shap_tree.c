#include "shap_tree.h"

/* Where on its path a split's feature was met before, and what it makes of the training rows. */
static void place(ShapSplit *splits, size_t number) {
  ShapSplit *split = &splits[number];
  split->above = -1;
  split->above_side = 0;
  uint8_t side = split->parent_side;
  for (int32_t at = split->parent; at >= 0 && split->above < 0; at = splits[at].parent) {
    if (splits[at].feature == split->feature) {
      split->above = at;
      split->above_side = side;
    }
    side = splits[at].parent_side;
  }
  uint32_t before = split->parent < 0 ? 0 : splits[split->parent].features;
  split->features = before + (split->above < 0);
  double zero = split->above < 0 ? 1.0 : splits[split->above].zero[split->above_side];
  for (int s = 0; s < 2; s++) split->zero[s] = zero * split->ratio[s];
}

/* While splits wait for their turn, `child` is the file's number of a node. */
static ShapSplit split_of(const ShapNode *nodes, int32_t node, int32_t parent, uint8_t side) {
  const ShapNode *at = &nodes[node];
  ShapSplit split = {.threshold = at->value,
                     .column = at->column,
                     .feature = at->feature,
                     .missing_left = at->missing_left,
                     .parent = parent,
                     .parent_side = side};
  for (int32_t s = 0; s < 2; s++) {
    const ShapNode *child = &nodes[at->left + s];
    split.child[s] = at->left + s;
    split.leaf[s] = (double)child->value;
    split.ratio[s] = (double)child->cover / (double)at->cover;
  }
  return split;
}

/* From the last to the first: children before parents. */
static double expected(const ShapSplit *splits, size_t count, double *means) {
  for (size_t i = count; i-- > 0;) {
    const ShapSplit *split = &splits[i];
    means[i] = 0;
    for (int s = 0; s < 2; s++) {
      double mean = split->child[s] == NO_CHILD ? split->leaf[s] : means[split->child[s]];
      means[i] += split->ratio[s] * mean;
    }
  }
  return means[0];
}

void shap_splits(ShapPass *pass, const ShapNode *nodes) {
  ShapSplit *splits = pass->splits;
  pass->features = 0;
  pass->split_count = 0;
  pass->expected = (double)nodes[0].value;
  if (nodes[0].left == NO_CHILD) return;
  splits[0] = split_of(nodes, 0, -1, 0);
  size_t count = 1;
  for (size_t i = 0; i < count; i++) {
    place(splits, i);
    if (splits[i].features > pass->features) pass->features = splits[i].features;
    for (uint8_t s = 0; s < 2; s++) {
      int32_t node = splits[i].child[s];
      splits[i].child[s] = nodes[node].left == NO_CHILD ? NO_CHILD : (int32_t)count;
      if (nodes[node].left != NO_CHILD) splits[count++] = split_of(nodes, node, (int32_t)i, s);
    }
  }
  pass->split_count = count;
  pass->expected = expected(splits, count, (double *)(void *)pass->factors); /* which are filled later */
}

/* t: the abscissa. Above, the feature's factor is t + (1 - t) zero; of a feature that is new on the path it is 1. */
static ShapFactors factors_of(const ShapSplit *split, double zero_above, double t) {
  ShapFactors factors;
  double above = t + (1.0 - t) * zero_above, part_above = (1.0 - zero_above) / above;
  for (int s = 0; s < 2; s++) {
    double zero = split->zero[s], on = t + (1.0 - t) * zero;
    factors.off[s] = (1.0 - t) * zero / above;
    factors.part_off[s] = -1.0 / (1.0 - t) - part_above;
    factors.on[s] = on / above;
    factors.part_on[s] = (1.0 - zero) / on - part_above;
  }
  return factors;
}

static ShapFactors of_two_leaves(const double leaf[2], ShapFactors factors) {
  double left[2] = {factors.on[0] * leaf[0], factors.off[1] * leaf[1]};
  double right[2] = {factors.off[0] * leaf[0], factors.on[1] * leaf[1]};
  return (ShapFactors){
      .on[0] = left[0] + left[1],
      .off[0] = right[0] + right[1],
      .part_on[0] = left[0] * factors.part_on[0] + left[1] * factors.part_off[1],
      .part_off[0] = right[0] * factors.part_off[0] + right[1] * factors.part_on[1],
  };
}

void shap_factors(ShapPass *pass, const double *abscissas, const double *weights, size_t points) {
  pass->points = points;
  for (size_t q = 0; q < points; q++) pass->weights[q] = weights[q];
  for (size_t i = 0; i < pass->split_count; i++) {
    const ShapSplit *split = &pass->splits[i];
    double zero_above = split->above < 0 ? 1.0 : pass->splits[split->above].zero[split->above_side];
    for (size_t q = 0; q < points; q++) {
      ShapFactors factors = factors_of(split, zero_above, abscissas[q]);
      pass->factors[i * points + q] = shap_two_leaves(split) ? of_two_leaves(split->leaf, factors) : factors;
    }
  }
}
