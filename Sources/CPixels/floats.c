#include "samples.h"

void cpixels_to_floats(const void *samples, size_t bytes_per_sample, size_t count, float *out) {
  const float maximum = (float)sample_maximum(bytes_per_sample);
  for (size_t i = 0; i < count; i++) out[i] = (float)load_sample(samples, bytes_per_sample, i) / maximum;
}
