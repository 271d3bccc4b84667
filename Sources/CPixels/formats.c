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

void cpixels_draw_tile(const uint8_t *pixels, size_t height, size_t width, size_t channels, const uint8_t over[3],
                       uint8_t *tile, size_t tile_height, size_t tile_width, size_t stride) {
  const int has_alpha = channels == 2 || channels == 4;
  const size_t colors = channels - (size_t)has_alpha;
  for (size_t y = 0; y < tile_height; y++) {
    const size_t top = y * height / tile_height;
    const size_t below = (y + 1) * height / tile_height;
    const size_t bottom = below > top ? below : top + 1;
    for (size_t x = 0; x < tile_width; x++) {
      const size_t left = x * width / tile_width;
      const size_t beside = (x + 1) * width / tile_width;
      const size_t right = beside > left ? beside : left + 1;
      uint64_t sums[3] = {0, 0, 0};
      for (size_t v = top; v < bottom; v++) {
        for (size_t u = left; u < right; u++) {
          const uint8_t *pixel = pixels + (v * width + u) * channels;
          const uint64_t alpha = has_alpha ? pixel[colors] : 255;
          for (size_t k = 0; k < 3; k++) {
            sums[k] += pixel[colors == 3 ? k : 0] * alpha + over[k] * (255 - alpha);
          }
        }
      }
      const uint64_t weight = 255 * (uint64_t)((bottom - top) * (right - left));
      for (size_t k = 0; k < 3; k++) tile[y * stride + x * 3 + k] = (uint8_t)((sums[k] + weight / 2) / weight);
    }
  }
}
