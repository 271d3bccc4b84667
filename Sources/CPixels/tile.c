#include "samples.h"

void cpixels_draw_tile(const uint8_t *pixels, size_t height, size_t width, size_t channels, const uint8_t over[3],
                       uint8_t *tile, size_t tile_height, size_t tile_width, size_t stride) {
  const size_t colors = has_alpha(channels) ? channels - 1 : channels;
  for (size_t y = 0; y < tile_height; y++) {
    const size_t top = y * height / tile_height;
    const size_t below = (y + 1) * height / tile_height;
    const size_t bottom = below > top ? below : top + 1;
    for (size_t x = 0; x < tile_width; x++) {
      const size_t left = x * width / tile_width;
      const size_t beside = (x + 1) * width / tile_width;
      const size_t right = beside > left ? beside : left + 1;
      uint64_t sums[3] = {0, 0, 0};
      for (size_t v = top; v < bottom; v++) {
        for (size_t u = left; u < right; u++) {
          const uint8_t *pixel = pixels + (v * width + u) * channels;
          const uint64_t alpha = colors < channels ? pixel[colors] : 255;
          for (size_t k = 0; k < 3; k++) {
            sums[k] += pixel[colors == 3 ? k : 0] * alpha + over[k] * (255 - alpha);
          }
        }
      }
      const uint64_t weight = 255 * (uint64_t)((bottom - top) * (right - left));
      for (size_t k = 0; k < 3; k++) tile[y * stride + x * 3 + k] = (uint8_t)((sums[k] + weight / 2) / weight);
    }
  }
}
