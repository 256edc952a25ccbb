/* Constants of XGBoost 3.4.1 that scores depend on. tests/unit/native/test_xgboost_constants.py compares each of them
 * with the installed library. */
#ifndef NATIVE_XGBOOST_CONSTANTS_H
#define NATIVE_XGBOOST_CONSTANTS_H

#include <stdint.h>

/* With a logit link, a base score is clamped to [BASE_SCORE_EPSILON, 1 - BASE_SCORE_EPSILON] before the logit. */
static const float BASE_SCORE_EPSILON = 1e-6F;

/* The largest exponent of the sigmoid: beyond it, the exponential is infinite. */
static const float SIGMOID_LARGEST = 88.7F;

enum {
  ROOT_PARENT = INT32_MAX, /* the parent of a tree's root */
  DELETED = INT32_MAX,     /* in place of the feature of a node that was pruned away, and stays in the file */
};

#endif
