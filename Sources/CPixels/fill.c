#include <string.h>

#include "CPixels.h"

void cpixels_fill(void *pixels, size_t pixel_count, const void *pixel, size_t bytes_per_pixel) {
  uint8_t *bytes = pixels;
  for (size_t i = 0; i < pixel_count; i++) memcpy(bytes + i * bytes_per_pixel, pixel, bytes_per_pixel);
}
