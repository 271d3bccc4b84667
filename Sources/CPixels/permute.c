#include <string.h>

#include "CPixels.h"

void cpixels_permute(void *pixels, size_t images, size_t pixel_count, size_t bytes_per_pixel, const uint32_t *order,
                     void *scratch) {
  uint8_t *image = pixels;
  const uint8_t *before = scratch;
  for (size_t n = 0; n < images; n++, image += pixel_count * bytes_per_pixel) {
    memcpy(scratch, image, pixel_count * bytes_per_pixel);
    for (size_t i = 0; i < pixel_count; i++) {
      memcpy(image + i * bytes_per_pixel, before + order[i] * bytes_per_pixel, bytes_per_pixel);
    }
  }
}
