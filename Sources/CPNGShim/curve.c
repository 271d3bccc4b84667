#include "curve.h"

#include <math.h>

#include "chunks.h"

cpng_curve cpng_power_curve(double exponent) { return (cpng_curve){.g = exponent, .a = 1}; }

cpng_curve cpng_srgb_curve(void) {
  return (cpng_curve){.g = 2.4, .a = 1 / 1.055, .b = 0.055 / 1.055, .c = 1 / 12.92, .d = 0.04045};
}

// Written so that what is no number becomes 0.
static double within_unit(double value) { return value > 0 ? (value < 1 ? value : 1) : 0; }

double cpng_light(const cpng_curve *curve, double sample) {
  if (curve->table != NULL) {
    const double place = sample * (double)(curve->count - 1);
    size_t left = (size_t)place;
    if (left > curve->count - 2) left = curve->count - 2;
    const double low = cpng_read16(curve->table + 2 * left);
    const double high = cpng_read16(curve->table + 2 * left + 2);
    return (low + (high - low) * (place - (double)left)) / 65535;
  }
  if (sample < curve->d) return within_unit(curve->c * sample + curve->f);
  return within_unit(pow(fmax(curve->a * sample + curve->b, 0), curve->g) + curve->e);
}

double cpng_srgb_sample(double light) {
  return light <= 0.04045 / 12.92 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
}
