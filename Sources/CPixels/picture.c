#include "picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

size_t cpixels_border_position(ptrdiff_t position, size_t size, border_kind border) {
  const ptrdiff_t count = (ptrdiff_t)size;
  if (position >= 0 && position < count) return (size_t)position;
  if (border == BORDER_EDGE || count == 1) return position < 0 ? 0 : size - 1;
  const ptrdiff_t period = border == BORDER_MIRROR ? 2 * (count - 1) : 2 * count;
  ptrdiff_t folded = position % period;
  if (folded < 0) folded += period;
  if (folded < count) return (size_t)folded;
  return (size_t)(border == BORDER_MIRROR ? period - folded : period - 1 - folded);
}

double cpixels_plane_at(const double *plane, size_t height, size_t width, double y, double x, border_kind border) {
  const double top = floor(y), left = floor(x);
  const double *const upper = plane + cpixels_border_position((ptrdiff_t)top, height, border) * width;
  const double *const lower = plane + cpixels_border_position((ptrdiff_t)top + 1, height, border) * width;
  const size_t first = cpixels_border_position((ptrdiff_t)left, width, border);
  const size_t second = cpixels_border_position((ptrdiff_t)left + 1, width, border);
  const double above = upper[first] * (1 - (x - left)) + upper[second] * (x - left);
  const double below = lower[first] * (1 - (x - left)) + lower[second] * (x - left);
  return above * (1 - (y - top)) + below * (y - top);
}

int cpixels_gaussian_blur(double *plane, double *spare, size_t height, size_t width, double deviation,
                          double truncate, border_kind border) {
  const ptrdiff_t radius = (ptrdiff_t)(truncate * deviation + 0.5);
  if (radius == 0) return 0;
  double *const weight = malloc((size_t)(2 * radius + 1) * sizeof *weight);
  if (!weight) return -1;
  double sum = 0;
  for (ptrdiff_t i = -radius; i <= radius; i++) {
    weight[i + radius] = exp(-0.5 * (double)(i * i) / (deviation * deviation));
    sum += weight[i + radius];
  }
  for (ptrdiff_t i = 0; i <= 2 * radius; i++) weight[i] /= sum;
  for (size_t y = 0; y < height; y++) {
    for (size_t x = 0; x < width; x++) {
      double value = 0;
      for (ptrdiff_t i = -radius; i <= radius; i++) {
        value += weight[i + radius] * plane[cpixels_border_position((ptrdiff_t)y + i, height, border) * width + x];
      }
      spare[y * width + x] = value;
    }
  }
  for (size_t y = 0; y < height; y++) {
    for (size_t x = 0; x < width; x++) {
      double value = 0;
      for (ptrdiff_t i = -radius; i <= radius; i++) {
        value += weight[i + radius] * spare[y * width + cpixels_border_position((ptrdiff_t)x + i, width, border)];
      }
      plane[y * width + x] = value;
    }
  }
  free(weight);
  return 0;
}

void cpixels_motion_blur(double *plane, double *spare, size_t height, size_t width, double radius, double deviation,
                         double angle) {
  const ptrdiff_t taps = 2 * (ptrdiff_t)radius + 1;
  double sum = 0;
  for (ptrdiff_t i = 0; i < taps; i++) sum += exp(-0.5 * (double)(i * i) / (deviation * deviation));
  memset(spare, 0, height * width * sizeof *spare);
  for (ptrdiff_t i = 0; i < taps; i++) {
    const double weight = exp(-0.5 * (double)(i * i) / (deviation * deviation)) / sum;
    const ptrdiff_t right = (ptrdiff_t)ceil((double)i * cos(angle) - 0.5);
    const ptrdiff_t down = (ptrdiff_t)ceil((double)i * sin(angle) - 0.5);
    for (size_t y = 0; y < height; y++) {
      const double *const row = plane + cpixels_border_position((ptrdiff_t)y + down, height, BORDER_EDGE) * width;
      for (size_t x = 0; x < width; x++) {
        spare[y * width + x] += weight * row[cpixels_border_position((ptrdiff_t)x + right, width, BORDER_EDGE)];
      }
    }
  }
  memcpy(plane, spare, height * width * sizeof *plane);
}
