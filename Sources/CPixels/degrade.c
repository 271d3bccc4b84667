#include <stdlib.h>

#include "picture.h"
#include "samples.h"

typedef int degradation(picture *image, const double *parameters, cpixels_draws *draws);

static degradation *const degradations[] = {
    [CPIXELS_GAUSSIAN_NOISE] = cpixels_degrade_gaussian_noise,
    [CPIXELS_SHOT_NOISE] = cpixels_degrade_shot_noise,
    [CPIXELS_IMPULSE_NOISE] = cpixels_degrade_impulse_noise,
    [CPIXELS_DEFOCUS_BLUR] = cpixels_degrade_defocus_blur,
    [CPIXELS_GLASS_BLUR] = cpixels_degrade_glass_blur,
    [CPIXELS_MOTION_BLUR] = cpixels_degrade_motion_blur,
    [CPIXELS_ZOOM_BLUR] = cpixels_degrade_zoom_blur,
    [CPIXELS_SNOW] = cpixels_degrade_snow,
    [CPIXELS_FROST] = cpixels_degrade_frost,
    [CPIXELS_FOG] = cpixels_degrade_fog,
    [CPIXELS_BRIGHTNESS] = cpixels_degrade_brightness,
    [CPIXELS_CONTRAST] = cpixels_degrade_contrast,
    [CPIXELS_ELASTIC_TRANSFORM] = cpixels_degrade_elastic_transform,
    [CPIXELS_PIXELATE] = cpixels_degrade_pixelate,
    [CPIXELS_JPEG_COMPRESSION] = cpixels_degrade_jpeg_compression,
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

int cpixels_degrade(void *pixels, size_t images, cpixels_shape shape, cpixels_degradation kind,
                    const double *parameters, const uint64_t *keys) {
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
