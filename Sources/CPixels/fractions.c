#include "CPixels.h"

void cpixels_to_floats(const void *samples, size_t bytes_per_sample, size_t count, float *fractions) {
  const uint8_t *bytes = samples;
  const uint16_t *words = samples;
  for (size_t i = 0; i < count; i++) {
    fractions[i] = bytes_per_sample == 1 ? (float)bytes[i] / 255.0f : (float)words[i] / 65535.0f;
  }
}
