#include <math.h>

#include "samples.h"

#pragma STDC FP_CONTRACT OFF

static size_t clamped(double position, size_t size) {
  if (position < 0) return 0;
  return position < (double)size ? (size_t)position : size - 1;
}

// The image at (x, y), in pixels from its corner, between the centres of its pixels. Premultiplied by alpha.
static void interpolate(const void *image, cpixels_shape shape, double x, double y, double *out) {
  const size_t colors = has_alpha(shape.channels) ? shape.channels - 1 : shape.channels;
  const double left = floor(x - 0.5), top = floor(y - 0.5);
  const double right_share = x - 0.5 - left, bottom_share = y - 0.5 - top;
  for (size_t k = 0; k < 4; k++) out[k] = 0;
  for (int corner = 0; corner < 4; corner++) {
    const int right = corner & 1, bottom = corner >> 1;
    double share = (right ? right_share : 1 - right_share) * (bottom ? bottom_share : 1 - bottom_share);
    const size_t at =
        clamped(top + bottom, shape.height) * shape.width + clamped(left + right, shape.width);
    if (colors < shape.channels) {
      const double alpha = load_sample(image, shape.bytes_per_sample, at * shape.channels + colors);
      out[colors] += alpha * share;
      share *= alpha / sample_maximum(shape.bytes_per_sample);
    }
    for (size_t k = 0; k < colors; k++) {
      out[k] += load_sample(image, shape.bytes_per_sample, at * shape.channels + k) * share;
    }
  }
  if (colors == shape.channels || out[colors] == 0) return;
  for (size_t k = 0; k < colors; k++) out[k] *= sample_maximum(shape.bytes_per_sample) / out[colors];
}

void cpixels_rotate(void *pixels, size_t images, cpixels_shape shape, double cosine, double sine, void *scratch) {
  const double middle_x = (double)shape.width / 2, middle_y = (double)shape.height / 2;
  uint8_t *image = pixels;
  for (size_t n = 0; n < images; n++, image += image_bytes(shape)) {
    memcpy(scratch, image, image_bytes(shape));
    memset(image, 0, image_bytes(shape));
    for (size_t i = 0; i < shape.height * shape.width; i++) {
      const double x = (double)(i % shape.width) + 0.5 - middle_x, y = (double)(i / shape.width) + 0.5 - middle_y;
      const double from_x = cosine * x - sine * y + middle_x, from_y = sine * x + cosine * y + middle_y;
      if (!(from_x >= 0 && from_x < (double)shape.width && from_y >= 0 && from_y < (double)shape.height)) continue;
      double value[4];
      interpolate(scratch, shape, from_x, from_y, value);
      for (size_t k = 0; k < shape.channels; k++) {
        store_sample(image, shape.bytes_per_sample, i * shape.channels + k,
                     nearest_sample(value[k], shape.bytes_per_sample));
      }
    }
  }
}
