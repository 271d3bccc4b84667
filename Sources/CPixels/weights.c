#include "weights.h"

#include <math.h>
#include <stdlib.h>

#pragma STDC FP_CONTRACT OFF

// A triangle two positions wide, or a box of one.
static double filter_value(cpixels_filter filter, double x) {
  if (filter == CPIXELS_AREA) return x > -0.5 && x <= 0.5 ? 1 : 0;
  x = fabs(x);
  return x < 1 ? 1 - x : 0;
}

static void normalise(double *weight, size_t length) {
  double sum = 0;
  for (size_t i = 0; i < length; i++) sum += weight[i];
  if (sum == 0) return;
  for (size_t i = 0; i < length; i++) weight[i] /= sum;
}

int cpixels_weights_make(cpixels_weights *weights, cpixels_filter filter, size_t size, size_t scaled, size_t start,
                         size_t count, int wants_fixed) {
  const double scale = (double)size / (double)scaled;
  // Where an image grows, the filter is as wide as stored pixels; where it shrinks, as wide as wanted ones.
  const double width = scale < 1 ? 1 : scale;
  const double support = (filter == CPIXELS_AREA ? 0.5 : 1.0) * width;
  const double step = 1 / width;
  const size_t stride = 2 * (size_t)ceil(support) + 1;
  *weights = (cpixels_weights){.count = count, .stride = stride};
  weights->first = malloc(count * sizeof *weights->first);
  weights->length = malloc(count * sizeof *weights->length);
  weights->weight = malloc(count * stride * sizeof *weights->weight);
  if (!weights->first || !weights->length || !weights->weight) return -1;
  for (size_t i = 0; i < count; i++) {
    const double center = ((double)(start + i) + 0.5) * scale;
    const double low = center - support + 0.5;
    const size_t first = low < 0 ? 0 : (size_t)low;
    size_t end = (size_t)(center + support + 0.5);
    if (end > size) end = size;
    double *const row = weights->weight + i * stride;
    for (size_t x = first; x < end; x++) row[x - first] = filter_value(filter, ((double)x - center + 0.5) * step);
    normalise(row, end - first);
    weights->first[i] = first;
    weights->length[i] = end - first;
  }
  if (!wants_fixed) return 0;
  weights->fixed = calloc(count * stride, sizeof *weights->fixed);
  if (!weights->fixed) return -1;
  for (size_t i = 0; i < count; i++) {
    for (size_t k = i * stride; k < i * stride + weights->length[i]; k++) {
      weights->fixed[k] = (int32_t)(0.5 + weights->weight[k] * (1 << 22));
    }
  }
  return 0;
}

void cpixels_weights_free(cpixels_weights *weights) {
  free(weights->first);
  free(weights->length);
  free(weights->weight);
  free(weights->fixed);
}
