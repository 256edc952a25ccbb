/* A tree made ready for its attributions, for one call. */
#ifndef NATIVE_SHAP_TREE_H
#define NATIVE_SHAP_TREE_H

#include "shap.h"

enum {
  SHAP_LANES = 8,             /* rows that are explained at once */
  SHAP_POINTS = 4,            /* of the quadrature that share a pass, up to */
  SHAP_GROUPED_SPLITS = 65536 /* a larger tree takes its points one by one, which takes a quarter of the memory */
};

/* A split by category asks a column of its own, which says 0 for the rows that go left and 1 for the others. */
typedef struct {
  float value; /* threshold, or leaf */
  float cover; /* of the training rows, their weight */
  uint32_t feature, column;
  int32_t left; /* NO_CHILD: a leaf; the right child is the one after it */
  bool missing_left;
} ShapNode;

typedef struct {
  size_t first, count; /* of its nodes */
  uint32_t class;
} ShapTree;

/* A split, parents before children. Sides: 0 left, 1 right. */
typedef struct {
  float threshold;
  uint32_t column;            /* what is compared with it */
  uint32_t feature, features; /* different ones on the path, this one included */
  bool missing_left;
  int32_t parent, above;             /* -1: none. above: the nearest one with the same feature */
  uint8_t parent_side, above_side;   /* the way from there */
  int32_t child[2];                  /* a split; NO_CHILD: a leaf */
  double leaf[2], ratio[2], zero[2]; /* its value; a side's cover by the split's; z of the feature on a side */
} ShapSplit;

/* Of one split and point, where the row satisfies the path's conditions of the feature (on), or only those above (off).
 * For each side: what the product is multiplied by, and what a sum is multiplied by to be the feature's. Of a split into two
 * leaves: of side 0, for rows that go left (on) and right (off), what the product is multiplied by to be the sum of both,
 * and to be the feature's. */
typedef struct {
  double on[2], off[2], part_on[2], part_off[2];
} ShapFactors;

typedef struct {
  ShapSplit *splits;
  ShapFactors *factors; /* points of the pass for each split */
  size_t split_count, points, features;
  double expected; /* the mean of the leaves by cover */
  double weights[SHAP_POINTS];
} ShapPass;

/* Fills splits, their count, features and expected. */
void shap_splits(ShapPass *pass, const ShapNode *nodes);

static inline bool shap_two_leaves(const ShapSplit *split) {
  return split->child[0] == NO_CHILD && split->child[1] == NO_CHILD;
}

/* Fills factors, weights and points for up to SHAP_POINTS abscissas. */
void shap_factors(ShapPass *pass, const double *abscissas, const double *weights, size_t points);

/* Gauss-Legendre quadrature over 0 to 1; the same bits on every machine. */
void shap_quadrature(size_t points, double *abscissas, double *weights);

/* Adds the values of SHAP_LANES rows. columns : floats, lanes of each. values : doubles, lanes of each feature.
 * scratch : shap_scratch_size bytes for the splits, aligned to 64 bytes as both are. */
typedef void ShapKernel(const ShapPass *pass, const float *columns, double *values, void *scratch);

static inline size_t shap_scratch_size(size_t splits, size_t points) {
  return splits * (points + 2) * SHAP_LANES * sizeof(double);
}

ShapKernel shap_portable, shap_avx2;

#endif
