#include "calibrate.h"

/* How many of the inputs are at most the score. */
static size_t knots_up_to(double score, const double *inputs, size_t knots) {
  size_t first = 0, count = knots;
  while (count > 0) {
    size_t half = count / 2;
    if (inputs[first + half] <= score) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first;
}

/* Doubles in this order, and no library function: the same bits as in Python, on every processor. */
static double calibrated(double score, const double *inputs, const double *outputs, size_t knots) {
  size_t above = knots_up_to(score, inputs, knots);
  if (above == 0) return outputs[0];
  if (above == knots) return outputs[knots - 1];
  double low = inputs[above - 1], start = outputs[above - 1];
  double share = (score - low) / (inputs[above] - low);
  return start + (outputs[above] - start) * share;
}

void calibrate_scores(float *scores, size_t count, const double *inputs, const double *outputs, size_t knots) {
  for (size_t i = 0; i < count; i++) {
    double score = (double)scores[i];
    if (score == score) scores[i] = (float)calibrated(score, inputs, outputs, knots);
  }
}
