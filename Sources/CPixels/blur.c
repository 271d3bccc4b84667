#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

#pragma STDC FP_CONTRACT OFF

// The disk of whole positions within `radius`, blurred by a Gaussian of (2 rim + 1)^2 taps; side x side weights.
static void disk_kernel(double *kernel, ptrdiff_t radius_whole, double radius, ptrdiff_t rim, double deviation) {
  const ptrdiff_t reach = radius_whole + rim, side = 2 * reach + 1;
  double inside = 0, gauss = 0;
  for (ptrdiff_t y = -radius_whole; y <= radius_whole; y++) {
    for (ptrdiff_t x = -radius_whole; x <= radius_whole; x++) inside += (double)(y * y + x * x) <= radius * radius;
  }
  for (ptrdiff_t i = -rim; i <= rim; i++) gauss += exp(-0.5 * (double)(i * i) / (deviation * deviation));
  for (ptrdiff_t i = 0; i < side * side; i++) kernel[i] = 0;
  for (ptrdiff_t y = -radius_whole; y <= radius_whole; y++) {
    for (ptrdiff_t x = -radius_whole; x <= radius_whole; x++) {
      if ((double)(y * y + x * x) > radius * radius) continue;
      for (ptrdiff_t v = -rim; v <= rim; v++) {
        for (ptrdiff_t u = -rim; u <= rim; u++) {
          const double share = exp(-0.5 * (double)(v * v + u * u) / (deviation * deviation)) / (gauss * gauss);
          kernel[(y + v + reach) * side + x + u + reach] += share / inside;
        }
      }
    }
  }
}

// Convolution with a disk. Parameters: its radius; the deviation of the Gaussian that softens its rim.
// Allocates the kernel.
int cpixels_degrade_defocus_blur(picture *image, const double *parameters, cpixels_draws *draws) {
  (void)draws;
  const ptrdiff_t radius = (ptrdiff_t)parameters[0], rim = radius <= 8 ? 1 : 2;
  const ptrdiff_t reach = radius + rim, side = 2 * reach + 1;
  double *const kernel = malloc((size_t)(side * side) * sizeof *kernel);
  if (!kernel) return -1;
  disk_kernel(kernel, radius, parameters[0], rim, parameters[1]);
  memset(image->spare, 0, image->colors * plane_count(image) * sizeof *image->spare);
  for (size_t row = 0; row < image->colors * image->height; row++) {
    const double *const plane = image->plane + row / image->height * plane_count(image);
    double *const out = image->spare + row * image->width;
    for (ptrdiff_t v = -reach; v <= reach; v++) {
      const ptrdiff_t y = (ptrdiff_t)(row % image->height) + v;
      const double *const from = plane + cpixels_border_position(y, image->height, BORDER_MIRROR) * image->width;
      for (ptrdiff_t u = -reach; u <= reach; u++) {
        const double weight = kernel[(v + reach) * side + u + reach];
        for (size_t x = 0; x < image->width; x++) {
          out[x] += weight * from[cpixels_border_position((ptrdiff_t)x + u, image->width, BORDER_MIRROR)];
        }
      }
    }
  }
  memcpy(image->plane, image->spare, image->colors * plane_count(image) * sizeof *image->plane);
  free(kernel);
  return 0;
}

static int blur_planes(picture *image, double deviation) {
  for (size_t k = 0; k < image->colors; k++) {
    double *const plane = image->plane + k * plane_count(image);
    if (cpixels_gaussian_blur(plane, image->spare, image->height, image->width, deviation, 4, BORDER_EDGE)) return -1;
  }
  return 0;
}

// Pixels swap places with near ones, from the bottom right to the top left, between two Gaussian blurs.
// Parameters: the blurs' deviation; the largest distance, upward and leftward, and one less the other way; rounds.
int cpixels_degrade_glass_blur(picture *image, const double *parameters, cpixels_draws *draws) {
  if (blur_planes(image, parameters[0])) return -1;
  const ptrdiff_t reach = (ptrdiff_t)parameters[1];
  for (int round = 0; round < (int)parameters[2]; round++) {
    for (ptrdiff_t y = (ptrdiff_t)image->height - reach; y > reach; y--) {
      for (ptrdiff_t x = (ptrdiff_t)image->width - reach; x > reach; x--) {
        const ptrdiff_t right = (ptrdiff_t)floor(cpixels_draw_between(draws, -(double)reach, (double)reach));
        const ptrdiff_t down = (ptrdiff_t)floor(cpixels_draw_between(draws, -(double)reach, (double)reach));
        for (size_t k = 0; k < image->colors; k++) {
          double *const plane = image->plane + k * plane_count(image);
          double *const here = plane + (size_t)y * image->width + (size_t)x;
          double *const there = plane + (size_t)(y + down) * image->width + (size_t)(x + right);
          const double value = *here;
          *here = *there;
          *there = value;
        }
      }
    }
  }
  return blur_planes(image, parameters[0]);
}

// Parameters: taps beyond the first, halved; the deviation. The angle is within 45 degrees of the rows.
int cpixels_degrade_motion_blur(picture *image, const double *parameters, cpixels_draws *draws) {
  const double angle = cpixels_draw_between(draws, -M_PI / 4, M_PI / 4);
  for (size_t k = 0; k < image->colors; k++) {
    double *const plane = image->plane + k * plane_count(image);
    cpixels_motion_blur(plane, image->spare, image->height, image->width, parameters[0], parameters[1], angle);
  }
  return 0;
}

// The mean of the image and of itself enlarged about its centre by 1, 1 + step, 1 + 2 step ...
// Parameters: how many enlargements; the step.
int cpixels_degrade_zoom_blur(picture *image, const double *parameters, cpixels_draws *draws) {
  (void)draws;
  const double middle_y = (double)(image->height - 1) / 2, middle_x = (double)(image->width - 1) / 2;
  const size_t count = image->colors * plane_count(image);
  memcpy(image->spare, image->plane, count * sizeof *image->spare);
  for (int step = 0; step < (int)parameters[0]; step++) {
    const double factor = 1 + step * parameters[1];
    for (size_t i = 0; i < count; i++) {
      const size_t row = i / image->width;
      const double y = ((double)(row % image->height) - middle_y) / factor + middle_y;
      const double x = ((double)(i % image->width) - middle_x) / factor + middle_x;
      const double *const plane = image->plane + row / image->height * plane_count(image);
      image->spare[i] += cpixels_plane_at(plane, image->height, image->width, y, x, BORDER_EDGE);
    }
  }
  for (size_t i = 0; i < count; i++) image->plane[i] = image->spare[i] / ((int)parameters[0] + 1);
  return 0;
}
