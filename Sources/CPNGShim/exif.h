// The orientation of an eXIf chunk, and where it puts pixels.

#ifndef CPNG_EXIF_H
#define CPNG_EXIF_H

#include "chunks.h"

// 1 to 8 as tag 274 of the Exif standard says; 1 where the chunk or the tag is missing. A damaged chunk is a warning,
// and 1.
uint8_t cpng_orientation(cpng_slice exif, cpng_report *report);

// Where stored pixels go in the turned image, in bytes from its begin: pixel (x, y) to start + x * across + y * down.
typedef struct cpng_placement {
  ptrdiff_t start, across, down;
} cpng_placement;

// `width` and `height` are those stored. The turned image fits a ptrdiff_t.
cpng_placement cpng_place(uint8_t orientation, uint32_t width, uint32_t height, size_t pixel_bytes);

// Puts one stored row, of which `out` is the place of the first pixel, into the turned image.
void cpng_place_row(const uint8_t *row, uint32_t width, size_t pixel_bytes, uint8_t *out, ptrdiff_t across);

#endif
