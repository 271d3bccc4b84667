#include <stdlib.h>

#include "picture.h"
#include "samples.h"

typedef int degradation(picture *image, const double *parameters, cpixels_draws *draws);

static degradation *const degradations[] = {
    [cpixels_gaussian_noise] = degrade_gaussian_noise,
    [cpixels_shot_noise] = degrade_shot_noise,
    [cpixels_impulse_noise] = degrade_impulse_noise,
    [cpixels_defocus_blur] = degrade_defocus_blur,
    [cpixels_glass_blur] = degrade_glass_blur,
    [cpixels_motion_blur] = degrade_motion_blur,
    [cpixels_zoom_blur] = degrade_zoom_blur,
    [cpixels_snow] = degrade_snow,
    [cpixels_frost] = degrade_frost,
    [cpixels_fog] = degrade_fog,
    [cpixels_brightness] = degrade_brightness,
    [cpixels_contrast] = degrade_contrast,
    [cpixels_elastic_transform] = degrade_elastic_transform,
    [cpixels_pixelate] = degrade_pixelate,
    [cpixels_jpeg_compression] = degrade_jpeg_compression,
};

static void load(const uint8_t *pixels, cpixels_shape shape, picture *image) {
  const double maximum = sample_maximum(shape.bytes_per_sample);
  for (size_t i = 0; i < plane_count(image); i++) {
    for (size_t k = 0; k < image->colors; k++) {
      const uint16_t sample = load_sample(pixels, shape.bytes_per_sample, i * shape.channels + k);
      image->plane[k * plane_count(image) + i] = sample / maximum;
    }
  }
}

static void store(const picture *image, cpixels_shape shape, uint8_t *pixels) {
  const double maximum = sample_maximum(shape.bytes_per_sample);
  for (size_t i = 0; i < plane_count(image); i++) {
    for (size_t k = 0; k < image->colors; k++) {
      const double value = image->plane[k * plane_count(image) + i] * maximum;
      store_sample(pixels, shape.bytes_per_sample, i * shape.channels + k,
                   nearest_sample(value, shape.bytes_per_sample));
    }
  }
}

int cpixels_degrade(void *pixels, size_t images, cpixels_shape shape, int kind, const double *parameters,
                    const uint64_t *keys) {
  picture image = {shape.height, shape.width, has_alpha(shape.channels) ? shape.channels - 1 : shape.channels, 0, 0};
  const size_t count = image.colors * plane_count(&image);
  image.plane = malloc(2 * count * sizeof *image.plane);
  if (!image.plane) return -1;
  image.spare = image.plane + count;
  int status = 0;
  for (size_t n = 0; status == 0 && n < images; n++) {
    uint8_t *const bytes = (uint8_t *)pixels + n * image_bytes(shape);
    cpixels_draws draws = {keys[n], 0};
    load(bytes, shape, &image);
    status = degradations[kind](&image, parameters, &draws);
    if (status == 0) store(&image, shape, bytes);
  }
  free(image.plane);
  return status;
}
