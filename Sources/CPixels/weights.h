// The weights of a resize along one axis, as PIL defines them.

#ifndef CPIXELS_WEIGHTS_H
#define CPIXELS_WEIGHTS_H

#include "CPixels.h"

typedef struct {
  size_t count;    // wanted positions
  size_t stride;   // weights kept for each
  size_t *first;   // the first source position of each
  size_t *length;  // how many source positions of each
  double *weight;  // count x stride, each row of sum 1
  int32_t *fixed;  // the same as multiples of 2^-22; NULL unless asked for
} cpixels_weights;

// For positions start ..< start + count of `scaled`, made from `size` source positions.
// Returns 0, or -1 where there is no memory. Free with cpixels_weights_free in either case.
int cpixels_weights_make(cpixels_weights *weights, cpixels_filter filter, size_t size, size_t scaled, size_t start,
                         size_t count, int wants_fixed);

void cpixels_weights_free(cpixels_weights *weights);

#endif
