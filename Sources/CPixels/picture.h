// The colours of one image as planes of doubles in 0...1.

#ifndef CPIXELS_PICTURE_H
#define CPIXELS_PICTURE_H

#include "draws.h"

typedef struct {
  size_t height;
  size_t width;
  size_t colors;  // 1 or 3
  double *plane;  // colors x height x width
  double *spare;  // as large, for what a step needs
} picture;

// What lies beyond the border: the last pixel; the image reflected at the last pixel; the image reflected behind it.
typedef enum { BORDER_EDGE, BORDER_MIRROR, BORDER_REFLECT } border_kind;

static inline size_t plane_count(const picture *image) { return image->height * image->width; }

// The position inside 0 ..< size that stands for one outside.
size_t cpixels_border_position(ptrdiff_t position, size_t size, border_kind border);

// A plane at row y and column x, between pixel centres at whole numbers.
double cpixels_plane_at(const double *plane, size_t height, size_t width, double y, double x, border_kind border);

// Blurs a plane by a Gaussian cut off at `truncate` deviations, in place. `spare` is as large.
// Returns 0, or -1 where there is no memory.
int cpixels_gaussian_blur(double *plane, double *spare, size_t height, size_t width, double deviation,
                          double truncate, border_kind border);

// Blurs a plane by half a Gaussian along a line, in place: 2 x radius + 1 taps in steps of one pixel toward `angle`, in
// radians from the direction of rows, downward. `spare` is as large.
void cpixels_motion_blur(double *plane, double *spare, size_t height, size_t width, double radius, double deviation,
                         double angle);

// The degradations, one after another as Hendrycks and Dietterich (2019) list them. Each returns 0, or -1 where there
// is no memory.
int cpixels_degrade_gaussian_noise(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_shot_noise(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_impulse_noise(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_defocus_blur(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_glass_blur(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_motion_blur(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_zoom_blur(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_snow(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_frost(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_fog(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_brightness(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_contrast(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_elastic_transform(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_pixelate(picture *image, const double *parameters, cpixels_draws *draws);
int cpixels_degrade_jpeg_compression(picture *image, const double *parameters, cpixels_draws *draws);

#endif
