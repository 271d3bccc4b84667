#include <math.h>
#include <stdlib.h>

#include "picture.h"

#pragma STDC FP_CONTRACT OFF

static double clipped(double value) { return value < 0 ? 0 : value < 1 ? value : 1; }

// The luma of a pixel (ITU-R BT.601).
static double luma(const picture *image, size_t pixel) {
  if (image->colors == 1) return image->plane[pixel];
  const size_t count = plane_count(image);
  return 0.299 * image->plane[pixel] + 0.587 * image->plane[count + pixel] + 0.114 * image->plane[2 * count + pixel];
}

// Flakes are normal deviates, enlarged, above a threshold, blurred along a line within 45 degrees of the columns; they
// are added once as they are and once turned by half a turn, to the image with its darks lifted.
// Parameters: the deviates' mean and deviation; the enlargement; the threshold; the motion blur's radius and deviation;
// the share of the image that is not lifted. Allocates three planes.
int cpixels_degrade_snow(picture *image, const double *parameters, cpixels_draws *draws) {
  const size_t height = image->height, width = image->width, count = plane_count(image);
  double *const deviates = malloc(3 * count * sizeof *deviates);
  if (!deviates) return -1;
  double *const flakes = deviates + count, *const spare = flakes + count;
  for (size_t i = 0; i < count; i++) deviates[i] = parameters[0] + parameters[1] * cpixels_draw_normal(draws);
  const double middle_y = (double)(height - 1) / 2, middle_x = (double)(width - 1) / 2;
  for (size_t i = 0; i < count; i++) {
    const double y = ((double)(i / width) - middle_y) / parameters[2] + middle_y;
    const double x = ((double)(i % width) - middle_x) / parameters[2] + middle_x;
    const double value = cpixels_plane_at(deviates, height, width, y, x, BORDER_EDGE);
    flakes[i] = value < parameters[3] ? 0 : clipped(value);
  }
  const double angle = cpixels_draw_between(draws, -3 * M_PI / 4, -M_PI / 4);
  cpixels_motion_blur(flakes, spare, height, width, parameters[4], parameters[5], angle);
  for (size_t i = 0; i < count; i++) {
    const double lifted = 1.5 * luma(image, i) + 0.5;
    const double snow = flakes[i] + flakes[count - 1 - i];
    for (size_t k = 0; k < image->colors; k++) {
      double *const x = image->plane + k * count + i;
      *x = parameters[6] * *x + (1 - parameters[6]) * (*x > lifted ? *x : lifted) + snow;
    }
  }
  free(deviates);
  return 0;
}

static double smooth(double share) { return share * share * (3 - 2 * share); }

// Random values at the corners of square cells, smoothly joined.
static double value_noise(uint64_t key, double y, double x, double cell) {
  const double row = floor(y / cell), column = floor(x / cell);
  const double v = smooth(y / cell - row), u = smooth(x / cell - column);
  double value = 0;
  for (int corner = 0; corner < 4; corner++) {
    const uint64_t below = (uint64_t)row + (uint64_t)(corner >> 1), right = (uint64_t)column + (uint64_t)(corner & 1);
    const uint64_t place = below << 32 | right;
    const double random = (double)(cpixels_bits(key, place) >> 11) * 0x1p-53;
    value += random * (corner >> 1 ? v : 1 - v) * (corner & 1 ? u : 1 - u);
  }
  return value;
}

// c0 x + c1 frost, where frost is value noise of four octaves, each turned by a radian more: a threshold on all tells
// where ice is, the ridges of the finer ones are its crystals. It is a little blue. Parameters: c0, c1.
int cpixels_degrade_frost(picture *image, const double *parameters, cpixels_draws *draws) {
  static const double tint[3] = {0.90, 0.96, 1.0};
  const size_t count = plane_count(image), side = image->height > image->width ? image->height : image->width;
  uint64_t keys[4];
  for (int octave = 0; octave < 4; octave++) keys[octave] = cpixels_bits(draws->key, draws->counter++);
  for (size_t i = 0; i < count; i++) {
    double sum = 0, ridge = 0;
    for (int octave = 0; octave < 4; octave++) {
      const double cell = (double)side / (double)(3 << octave);
      const double y = (double)(i / image->width) + 0.5, x = (double)(i % image->width) + 0.5;
      // Turned about the corner and moved, so that no coordinate is negative.
      const double v = cos(octave) * y + sin(octave) * x + 2 * (double)side;
      const double u = cos(octave) * x - sin(octave) * y + 2 * (double)side;
      const double noise = value_noise(keys[octave], v, u, cell);
      sum += noise / (double)(1 << octave) / 1.875;
      if (octave >= 2) ridge += (1 - fabs(2 * noise - 1)) / 2;
    }
    const double frost = smooth(clipped((sum - 0.3) / 0.3)) * (0.35 + 0.65 * ridge);
    for (size_t k = 0; k < image->colors; k++) {
      double *const x = image->plane + k * count + i;
      *x = parameters[0] * *x + parameters[1] * frost * (image->colors == 3 ? tint[k] : 1);
    }
  }
  return 0;
}

// One level of the map: every point halfway between others, in rows offset + step i and columns other + step j, becomes
// the mean of the four at these distances from it, and a deviate of this amplitude.
static void fill_points(double *map, size_t side, size_t step, size_t top, size_t left, int diagonal, double amplitude,
                        cpixels_draws *draws) {
  const size_t half = step / 2, mask = side - 1;
  for (size_t y = top; y < side; y += step) {
    for (size_t x = left; x < side; x += step) {
      double sum = 0;
      for (int i = 0; i < 4; i++) {
        // Diagonal neighbours, or those above, below, left and right, on a torus.
        const size_t v = diagonal ? (i & 1 ? y + half : y - half) : i == 0 ? y - half : i == 1 ? y + half : y;
        const size_t u = diagonal ? (i & 2 ? x + half : x - half) : i == 2 ? x - half : i == 3 ? x + half : x;
        sum += map[(v & mask) * side + (u & mask)];
      }
      map[y * side + x] = sum / 4 + amplitude * cpixels_draw_between(draws, -1, 1);
    }
  }
}

// A height map by diamonds and squares (Fournier, Fussell and Carpenter 1982), from 0 to 1. `side` is a power of two.
static void fill_map(double *map, size_t side, double decay, cpixels_draws *draws) {
  map[0] = 0;
  double amplitude = 1;
  for (size_t step = side; step >= 2; step /= 2, amplitude /= decay * decay) {
    fill_points(map, side, step, step / 2, step / 2, 1, amplitude, draws);
    fill_points(map, side, step, 0, step / 2, 0, amplitude, draws);
    fill_points(map, side, step, step / 2, 0, 0, amplitude, draws);
  }
  double low = map[0], high = map[0];
  for (size_t i = 1; i < side * side; i++) {
    if (map[i] < low) low = map[i];
    if (map[i] > high) high = map[i];
  }
  for (size_t i = 0; i < side * side; i++) map[i] = high > low ? (map[i] - low) / (high - low) : 0;
}

// (x + c map) m / (m + c), m the image's brightest sample. Parameters: c; the decay of the map's amplitude, which is
// squared from level to level. Allocates the map: the next power of two on a side, at most 1024, then it repeats.
int cpixels_degrade_fog(picture *image, const double *parameters, cpixels_draws *draws) {
  const size_t count = plane_count(image);
  size_t side = 2;
  while (side < 1024 && (side < image->height || side < image->width)) side *= 2;
  double *const map = malloc(side * side * sizeof *map);
  if (!map) return -1;
  fill_map(map, side, parameters[1], draws);
  double brightest = 0;
  for (size_t i = 0; i < image->colors * count; i++) {
    if (image->plane[i] > brightest) brightest = image->plane[i];
  }
  for (size_t i = 0; i < image->colors * count; i++) {
    const size_t y = i % count / image->width, x = i % image->width;
    const double fog = parameters[0] * map[y % side * side + x % side];
    image->plane[i] = (image->plane[i] + fog) * brightest / (brightest + parameters[0]);
  }
  free(map);
  return 0;
}
