/* Feature attributions of a forest: exact, path-dependent SHAP values, as XGBoost's `pred_contribs`.
 *
 * The value of feature i at a leaf of a path with the features F is
 *
 *   leaf * (o_i - z_i) * sum over S in F - i of |S|! (|F|-1-|S|)! / |F|! * prod_S o_j * prod_not_S z_j
 *
 * where o_j is 1 if the row satisfies all that the path asks of feature j, else 0, and z_j is the share of the training
 * rows that did. The weights are integrals, so that the sum is that of one product over t from 0 to 1:
 *
 *   integral of prod_j (t o_j + (1 - t) z_j)
 *
 * a polynomial of degree |F| - 1, which Gauss-Legendre quadrature with |F|/2 points (rounded up) gives exactly. At a point, a
 * tree takes one pass down, for the products, and one pass up, for their sums: linear in its nodes, at any depth,
 * without tables, and with positive terms only, so that it is as accurate as its doubles. */
#ifndef NATIVE_SHAP_H
#define NATIVE_SHAP_H

#include "forest_file.h"

typedef struct Shap Shap;

/* What attributions need of a file; NULL where there is no memory. Does not change afterwards. */
Shap *shap_of(const ForestFile *file);
void shap_free(Shap *shap);

/* Why the model has no attributions, in one sentence without its subject; empty where it has. */
const char *shap_refusal(const Shap *shap);

/* matrix : rows x columns float32, row-major, NaN: missing. out : rows x classes x (columns + 1) doubles, of any
 * alignment; the last one of a class is the expected margin, to which the others add up to the margin.
 * Every kernel gives the same bits. 0, or -1 where there is no memory. */
int shap_values(const Shap *shap, ForestKernel kernel, const void *matrix, size_t rows, void *out);

#endif
