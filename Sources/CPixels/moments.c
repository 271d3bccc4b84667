#include "CPixels.h"

void cpixels_add_moments(const void *pixels, size_t bytes_per_sample, size_t pixel_count, size_t channels,
                         uint64_t *sums, uint64_t *squares) {
  const uint8_t *bytes = pixels;
  const uint16_t *words = pixels;
  for (size_t i = 0; i < pixel_count; i++) {
    for (size_t k = 0; k < channels; k++) {
      const uint64_t value = bytes_per_sample == 1 ? bytes[i * channels + k] : words[i * channels + k];
      sums[k] += value;
      squares[k] += value * value;
    }
  }
}
