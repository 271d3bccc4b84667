// Random numbers of one stream, read in order.

#ifndef CPIXELS_DRAWS_H
#define CPIXELS_DRAWS_H

#include "CPixels.h"

typedef struct {
  uint64_t key;
  uint64_t counter;  // of the next draw
} cpixels_draws;

// In [0, 1), a multiple of 2^-53.
double cpixels_draw_uniform(cpixels_draws *draws);

// In [low, high).
double cpixels_draw_between(cpixels_draws *draws, double low, double high);

// Of mean 0 and variance 1. Two draws.
double cpixels_draw_normal(cpixels_draws *draws);

// Of this mean, at most some hundreds.
double cpixels_draw_poisson(cpixels_draws *draws, double mean);

#endif
