// Samples of either depth. Copies instead of casts: buffers of 16-bit samples need not be aligned.

#ifndef CPIXELS_SAMPLES_H
#define CPIXELS_SAMPLES_H

#include <string.h>

#include "CPixels.h"

static inline size_t row_bytes(cpixels_shape shape) {
  return shape.width * shape.channels * shape.bytes_per_sample;
}

static inline size_t image_bytes(cpixels_shape shape) { return shape.height * row_bytes(shape); }

static inline double sample_maximum(size_t bytes_per_sample) { return bytes_per_sample == 1 ? 255 : 65535; }

static inline uint16_t load_sample(const void *samples, size_t bytes_per_sample, size_t index) {
  const uint8_t *bytes = samples;
  if (bytes_per_sample == 1) return bytes[index];
  uint16_t word;
  memcpy(&word, bytes + 2 * index, 2);
  return word;
}

static inline void store_sample(void *samples, size_t bytes_per_sample, size_t index, uint16_t value) {
  uint8_t *bytes = samples;
  if (bytes_per_sample == 1) {
    bytes[index] = (uint8_t)value;
  } else {
    memcpy(bytes + 2 * index, &value, 2);
  }
}

// The nearest sample, ties upward; values outside the range, and those that are no number, become its ends.
static inline uint16_t nearest_sample(double value, size_t bytes_per_sample) {
  const double maximum = sample_maximum(bytes_per_sample);
  if (!(value > 0)) return 0;
  return (uint16_t)(value < maximum ? value + 0.5 : maximum);
}

static inline int has_alpha(size_t channels) { return channels == 2 || channels == 4; }

#endif
