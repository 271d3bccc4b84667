#include "samples.h"

void cpixels_add_moments(const void *pixels, size_t bytes_per_sample, size_t pixel_count, size_t channels,
                         uint64_t *sums, uint64_t *squares) {
  for (size_t i = 0; i < pixel_count; i++) {
    for (size_t k = 0; k < channels; k++) {
      const uint64_t value = load_sample(pixels, bytes_per_sample, i * channels + k);
      sums[k] += value;
      squares[k] += value * value;
    }
  }
}
