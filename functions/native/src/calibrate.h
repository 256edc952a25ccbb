/* Calibration of scores: a piecewise linear function. */
#ifndef NATIVE_CALIBRATE_H
#define NATIVE_CALIBRATE_H

#include <stddef.h>

/* Calibrate scores in place, as predictors/calibrated.py does. knots : at least 1; inputs ascend. NaN stays. */
void calibrate_scores(float *scores, size_t count, const double *inputs, const double *outputs, size_t knots);

#endif
