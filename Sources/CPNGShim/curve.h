// Transfer curves: from a stored sample to light, both from 0 to 1.

#ifndef CPNG_CURVE_H
#define CPNG_CURVE_H

#include <stddef.h>
#include <stdint.h>

// With a table of at least 2 values of 16 bits, high byte first: a line between neighbours. Without one:
// (a x + b)^g + e where x >= d, else c x + f, which is type 4 of ICC's parametric curves and covers all others.
typedef struct cpng_curve {
  double g, a, b, c, d, e, f;
  const uint8_t *table;  // not owned
  size_t count;
} cpng_curve;

cpng_curve cpng_power_curve(double exponent);
cpng_curve cpng_srgb_curve(void);

// The light of a sample, kept within 0 to 1.
double cpng_light(const cpng_curve *curve, double sample);

// The sRGB sample of a light, both from 0 to 1 (IEC 61966-2-1).
double cpng_srgb_sample(double light);

#endif
