#include "draws.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

uint64_t cpixels_bits(uint64_t key, uint64_t counter) {
  uint64_t z = key + (counter + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

double cpixels_draw_uniform(cpixels_draws *draws) {
  return (double)(cpixels_bits(draws->key, draws->counter++) >> 11) * 0x1p-53;
}

double cpixels_draw_between(cpixels_draws *draws, double low, double high) {
  return low + (high - low) * cpixels_draw_uniform(draws);
}

// Box and Muller (1958); the second deviate of a pair is not used, so that each has draws of its own.
double cpixels_draw_normal(cpixels_draws *draws) {
  const double radius = sqrt(-2 * log(1 - cpixels_draw_uniform(draws)));
  return radius * cos(2 * M_PI * cpixels_draw_uniform(draws));
}

// Inversion: the first count at which the distribution function exceeds one uniform draw. The limit is far beyond any
// count of positive probability in double; it ends the search where roundings leave a remainder.
double cpixels_draw_poisson(cpixels_draws *draws, double mean) {
  double rest = cpixels_draw_uniform(draws);
  double probability = exp(-mean);
  double count = 0;
  const double limit = mean + 40 * sqrt(mean) + 40;
  while (rest >= probability && count < limit) {
    rest -= probability;
    count += 1;
    probability *= mean / count;
  }
  return count;
}
