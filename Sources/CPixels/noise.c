#include "picture.h"

#pragma STDC FP_CONTRACT OFF

// x + s n. Parameters: s.
int cpixels_degrade_gaussian_noise(picture *image, const double *parameters, cpixels_draws *draws) {
  for (size_t i = 0; i < image->colors * plane_count(image); i++) {
    image->plane[i] += parameters[0] * cpixels_draw_normal(draws);
  }
  return 0;
}

// Poisson(x c) / c. Parameters: c, photons of a white sample.
int cpixels_degrade_shot_noise(picture *image, const double *parameters, cpixels_draws *draws) {
  for (size_t i = 0; i < image->colors * plane_count(image); i++) {
    image->plane[i] = cpixels_draw_poisson(draws, image->plane[i] * parameters[0]) / parameters[0];
  }
  return 0;
}

// A share of the samples becomes 0 or 1, either as likely. Parameters: the share.
int cpixels_degrade_impulse_noise(picture *image, const double *parameters, cpixels_draws *draws) {
  for (size_t i = 0; i < image->colors * plane_count(image); i++) {
    const double draw = cpixels_draw_uniform(draws);
    if (draw < parameters[0]) image->plane[i] = draw < parameters[0] / 2 ? 0 : 1;
  }
  return 0;
}
