/* Newton's method on Legendre polynomials, with nothing but the four operations, which every machine rounds alike. */
#include "shap_tree.h"

/* For 0 to pi / 2. */
static double cosine(double angle) {
  double term = 1.0, sum = 1.0;
  for (int i = 1; i <= 24; i += 2) {
    term = -term * angle * angle / (double)(i * (i + 1));
    sum += term;
  }
  return sum;
}

/* A root near `x`, and the polynomial's derivative there. */
static double root(size_t degree, double x, double *derivative) {
  enum { STEPS = 12 }; /* it doubles its digits with each */
  for (int step = 0; step < STEPS; step++) {
    double before = 1.0, value = x;
    for (size_t k = 2; k <= degree; k++) {
      double next = ((double)(2 * k - 1) * x * value - (double)(k - 1) * before) / (double)k;
      before = value;
      value = next;
    }
    *derivative = (double)degree * (x * value - before) / (x * x - 1.0);
    x -= value / *derivative;
  }
  return x;
}

void shap_quadrature(size_t points, double *abscissas, double *weights) {
  static const double PI = 3.14159265358979323846;
  for (size_t i = 0; i < (points + 1) / 2; i++) {
    double slope, x = root(points, cosine(PI * ((double)i + 0.75) / ((double)points + 0.5)), &slope);
    if (2 * i + 1 == points) x = 0.0;
    abscissas[i] = (1.0 - x) / 2;
    abscissas[points - 1 - i] = (1.0 + x) / 2;
    weights[i] = weights[points - 1 - i] = 1.0 / ((1.0 - x * x) * slope * slope);
  }
}
