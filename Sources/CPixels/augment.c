#include "samples.h"

static ptrdiff_t clipped(ptrdiff_t position, size_t size) {
  if (position < 0) return 0;
  return position < (ptrdiff_t)size ? position : (ptrdiff_t)size;
}

static void move(const uint8_t *before, cpixels_shape shape, cpixels_change change, uint8_t *after) {
  const size_t pixel = shape.channels * shape.bytes_per_sample;
  const ptrdiff_t height = (ptrdiff_t)shape.height, width = (ptrdiff_t)shape.width;
  memset(after, 0, image_bytes(shape));
  for (ptrdiff_t y = 0; y < height; y++) {
    const ptrdiff_t from_y = y + change.down;
    if (from_y < 0 || from_y >= height) continue;
    for (ptrdiff_t x = 0; x < width; x++) {
      const ptrdiff_t from_x = (change.flip ? width - 1 - x : x) + change.right;
      if (from_x < 0 || from_x >= width) continue;
      memcpy(after + (size_t)(y * width + x) * pixel, before + (size_t)(from_y * width + from_x) * pixel, pixel);
    }
  }
}

void cpixels_augment(void *pixels, size_t images, cpixels_shape shape, const cpixels_change *changes, void *scratch) {
  const size_t pixel = shape.channels * shape.bytes_per_sample;
  uint8_t *image = pixels;
  for (size_t n = 0; n < images; n++, image += image_bytes(shape)) {
    const cpixels_change change = changes[n];
    if (change.down != 0 || change.right != 0 || change.flip) {
      memcpy(scratch, image, image_bytes(shape));
      move(scratch, shape, change, image);
    }
    const ptrdiff_t left = clipped(change.cut_left, shape.width);
    const ptrdiff_t right = clipped(change.cut_left + (ptrdiff_t)change.cut_side, shape.width);
    const ptrdiff_t bottom = clipped(change.cut_top + (ptrdiff_t)change.cut_side, shape.height);
    for (ptrdiff_t y = clipped(change.cut_top, shape.height); y < bottom; y++) {
      memset(image + (size_t)y * row_bytes(shape) + (size_t)left * pixel, 0, (size_t)(right - left) * pixel);
    }
  }
}
