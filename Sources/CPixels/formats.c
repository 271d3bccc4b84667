#include "CPixelsFormats.h"

#include <math.h>
#include <string.h>

void cpixels_interleave(const void *planes, size_t bytes_per_sample, size_t pixel_count, size_t channels,
                        void *pixels) {
  const uint8_t *from = planes;
  uint8_t *to = pixels;
  for (size_t k = 0; k < channels; k++) {
    for (size_t i = 0; i < pixel_count; i++) {
      memcpy(to + (i * channels + k) * bytes_per_sample, from, bytes_per_sample);
      from += bytes_per_sample;
    }
  }
}

void cpixels_separate(const void *pixels, size_t bytes_per_sample, size_t pixel_count, size_t channels,
                      void *planes) {
  const uint8_t *from = pixels;
  uint8_t *to = planes;
  for (size_t k = 0; k < channels; k++) {
    for (size_t i = 0; i < pixel_count; i++) {
      memcpy(to, from + (i * channels + k) * bytes_per_sample, bytes_per_sample);
      to += bytes_per_sample;
    }
  }
}

void cpixels_from_bools(const uint8_t *bools, size_t count, uint8_t *samples) {
  for (size_t i = 0; i < count; i++) samples[i] = bools[i] ? 255 : 0;
}

// IEEE 754 binary16, written out because not every compiler has the type.
static double from_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  double value;
  if (exponent == 31) {
    value = fraction ? NAN : INFINITY;
  } else {
    value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
  }
  return bits >> 15 ? -value : value;
}

static double read_float(const uint8_t *bytes, size_t bytes_per_float) {
  if (bytes_per_float == 8) {
    double value;
    memcpy(&value, bytes, sizeof value);
    return value;
  }
  if (bytes_per_float == 4) {
    float value;
    memcpy(&value, bytes, sizeof value);
    return value;
  }
  uint16_t bits;
  memcpy(&bits, bytes, sizeof bits);
  return from_half(bits);
}

size_t cpixels_from_floats(const void *floats, size_t bytes_per_float, size_t count, uint8_t *samples) {
  const uint8_t *from = floats;
  for (size_t i = 0; i < count; i++) {
    const double value = read_float(from + i * bytes_per_float, bytes_per_float);
    if (!(value >= 0 && value <= 1)) return i;
    samples[i] = (uint8_t)(value * 255 + 0.5);
  }
  return count;
}
