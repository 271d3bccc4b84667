#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "samples.h"

#pragma STDC FP_CONTRACT OFF

// Raises the value of HSV and keeps hue and saturation, that is the ratios of the colours. Parameters: by how much.
int cpixels_degrade_brightness(picture *image, const double *parameters, cpixels_draws *draws) {
  (void)draws;
  const size_t count = plane_count(image);
  for (size_t i = 0; i < count; i++) {
    double value = 0;
    for (size_t k = 0; k < image->colors; k++) value = fmax(value, image->plane[k * count + i]);
    const double raised = fmin(value + parameters[0], 1);
    for (size_t k = 0; k < image->colors; k++) {
      double *const x = image->plane + k * count + i;
      *x = value > 0 ? *x * raised / value : raised;
    }
  }
  return 0;
}

// m + c (x - m), m the mean of each colour. Parameters: c.
int cpixels_degrade_contrast(picture *image, const double *parameters, cpixels_draws *draws) {
  (void)draws;
  const size_t count = plane_count(image);
  for (size_t k = 0; k < image->colors; k++) {
    double *const plane = image->plane + k * count;
    double mean = 0;
    for (size_t i = 0; i < count; i++) mean += plane[i];
    mean /= (double)count;
    for (size_t i = 0; i < count; i++) plane[i] = mean + parameters[0] * (plane[i] - mean);
  }
  return 0;
}

// A field of displacements: uniform deviates in -1...1 blurred by a Gaussian. Where the Gaussian is wide the field is
// drawn on a grid `step` times coarser, which has the same deviations if they are divided by `step`.
static int draw_field(double *field, double *spare, size_t height, size_t width, double deviation,
                      cpixels_draws *draws) {
  for (size_t i = 0; i < height * width; i++) field[i] = cpixels_draw_between(draws, -1, 1);
  return cpixels_gaussian_blur(field, spare, height, width, deviation, 3, BORDER_REFLECT);
}

// An affine map that moves three points near the corners at random, and a smooth random displacement before it.
// Parameters, in pixels: the displacement's factor; the deviation of its Gaussian; how far a corner moves at most.
// Allocates three planes.
int cpixels_degrade_elastic_transform(picture *image, const double *parameters, cpixels_draws *draws) {
  const size_t height = image->height, width = image->width, count = plane_count(image);
  const double size = (double)((height < width ? height : width) / 3);
  double corner[3][2];
  for (int i = 0; i < 6; i++) corner[i / 2][i % 2] = cpixels_draw_between(draws, -parameters[2], parameters[2]);
  const double middle_x = (double)(width / 2), middle_y = (double)(height / 2);

  const size_t step = parameters[1] > 16 ? (size_t)(parameters[1] / 8) : 1;
  const size_t rows = (height + step - 1) / step, columns = (width + step - 1) / step;
  double *const right = malloc(3 * rows * columns * sizeof *right);
  if (!right) return -1;
  double *const down = right + rows * columns, *const spare = down + rows * columns;
  const double deviation = parameters[1] / (double)step, factor = parameters[0] / (double)step;
  int status = draw_field(right, spare, rows, columns, deviation, draws);
  if (status == 0) status = draw_field(down, spare, rows, columns, deviation, draws);
  for (size_t i = 0; status == 0 && i < count; i++) {
    double y = (double)(i / width), x = (double)(i % width);
    const double v = (y + 0.5) / (double)step - 0.5, u = (x + 0.5) / (double)step - 0.5;
    x += factor * cpixels_plane_at(right, rows, columns, v, u, BORDER_REFLECT);
    y += factor * cpixels_plane_at(down, rows, columns, v, u, BORDER_REFLECT);
    // The second of the corners is right of the middle and above it; the first is below it, the third left of it.
    const double beside = size > 0 ? (x - middle_x - size) / (2 * size) : 0;
    const double below = size > 0 ? (y - middle_y + size) / (2 * size) : 0;
    const double moved_x = x + corner[1][0] + beside * (corner[1][0] - corner[2][0]) +
                           below * (corner[0][0] - corner[1][0]);
    const double moved_y = y + corner[1][1] + beside * (corner[1][1] - corner[2][1]) +
                           below * (corner[0][1] - corner[1][1]);
    for (size_t k = 0; k < image->colors; k++) {
      image->spare[k * count + i] =
          cpixels_plane_at(image->plane + k * count, height, width, moved_y, moved_x, BORDER_REFLECT);
    }
  }
  if (status == 0) memcpy(image->plane, image->spare, image->colors * count * sizeof *image->plane);
  free(right);
  return status;
}

// The image made smaller and large again, both by PIL's BOX on samples of 16 bits. Parameters: the factor.
// Allocates two planes of samples.
int cpixels_degrade_pixelate(picture *image, const double *parameters, cpixels_draws *draws) {
  (void)draws;
  const cpixels_shape whole = {image->height, image->width, 1, 2};
  cpixels_shape small = whole;
  small.height = (size_t)fmax(1, floor((double)whole.height * parameters[0]));
  small.width = (size_t)fmax(1, floor((double)whole.width * parameters[0]));
  const size_t count = plane_count(image);
  uint16_t *const samples = malloc(2 * count * sizeof *samples);
  if (!samples) return -1;
  const cpixels_window down = {small.height, small.width, 0, 0, small.height, small.width};
  const cpixels_window up = {whole.height, whole.width, 0, 0, whole.height, whole.width};
  int status = 0;
  for (size_t k = 0; status == 0 && k < image->colors; k++) {
    double *const plane = image->plane + k * count;
    for (size_t i = 0; i < count; i++) samples[i] = nearest_sample(plane[i] * 65535, 2);
    status = cpixels_resize(samples, whole, CPIXELS_AREA, down, samples + count, small.width);
    if (status == 0) status = cpixels_resize(samples + count, small, CPIXELS_AREA, up, samples, whole.width);
    for (size_t i = 0; i < count; i++) plane[i] = samples[i] / 65535.0;
  }
  free(samples);
  return status;
}
