// Loops over samples, in C so that they are fast in every build.
//
// Images are height x width x channels samples, rows from the top. A sample is one byte, or two in the machine's byte
// order. With two or four channels the last is alpha, which is not premultiplied. Nothing here allocates unless it says
// so, and nothing keeps a pointer. Products are never fused with sums, so results do not depend on the processor.

#ifndef CPIXELS_H
#define CPIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "CPixelsFormats.h"

// What all images of one call have in common.
typedef struct {
  size_t height;
  size_t width;
  size_t channels;          // 1 to 4
  size_t bytes_per_sample;  // 1 or 2
} cpixels_shape;

// Adds the sum and the sum of squares of each channel to sums[channels] and squares[channels].
// Exact for up to 2^32 pixels, hence independent of any order of summation.
void cpixels_add_moments(const void *pixels, size_t bytes_per_sample, size_t pixel_count, size_t channels,
                         uint64_t *sums, uint64_t *squares);

// out[i] = sample / maximum, both as float.
void cpixels_to_floats(const void *samples, size_t bytes_per_sample, size_t count, float *out);

typedef enum cpixels_filter {
  CPIXELS_NEAREST = 0,   // the stored pixel under the centre of the wanted one
  CPIXELS_BILINEAR = 1,  // a triangle as wide as two pixels of the coarser grid
  CPIXELS_AREA = 2,      // the mean over what a wanted pixel covers
} cpixels_filter;

// A rectangle of an image that was scaled to scaled_height x scaled_width.
typedef struct {
  size_t scaled_height;
  size_t scaled_width;
  size_t top;
  size_t left;
  size_t height;
  size_t width;
} cpixels_window;

// Writes the window to `result`, whose rows start `row_pixels` pixels apart. Sizes are below 2^30.
// Allocates the weights and, for the filters that average, the columns of the window for all rows it needs.
// Returns 0, or -1 where there is no memory.
int cpixels_resize(const void *source, cpixels_shape shape, cpixels_filter filter, cpixels_window window,
                   void *result, size_t row_pixels);

// Sets all pixels to `pixel`, the bytes of one pixel.
void cpixels_fill(void *pixels, size_t pixel_count, const void *pixel, size_t bytes_per_pixel);

// Pixel i of every image becomes its pixel order[i]. `scratch` holds one image.
void cpixels_permute(void *pixels, size_t images, size_t pixel_count, size_t bytes_per_pixel, const uint32_t *order,
                     void *scratch);

// Turns every image counter-clockwise about its centre, by the angle of this cosine and sine. `scratch` holds one.
void cpixels_rotate(void *pixels, size_t images, cpixels_shape shape, double cosine, double sine, void *scratch);

// 64 random bits: what the stream of this key gives at a counter (SplitMix64 by position).
uint64_t cpixels_bits(uint64_t key, uint64_t counter);

typedef enum cpixels_degradation {
  CPIXELS_GAUSSIAN_NOISE = 0,
  CPIXELS_SHOT_NOISE = 1,
  CPIXELS_IMPULSE_NOISE = 2,
  CPIXELS_DEFOCUS_BLUR = 3,
  CPIXELS_GLASS_BLUR = 4,
  CPIXELS_MOTION_BLUR = 5,
  CPIXELS_ZOOM_BLUR = 6,
  CPIXELS_SNOW = 7,
  CPIXELS_FROST = 8,
  CPIXELS_FOG = 9,
  CPIXELS_BRIGHTNESS = 10,
  CPIXELS_CONTRAST = 11,
  CPIXELS_ELASTIC_TRANSFORM = 12,
  CPIXELS_PIXELATE = 13,
  CPIXELS_JPEG_COMPRESSION = 14,
} cpixels_degradation;

// Degrades every image with the stream of its key; alpha stays. What the parameters mean is said beside each function.
// Allocates the colours of one image twice in double, and what the kind says.
// Returns 0, or -1 where there is no memory.
int cpixels_degrade(void *pixels, size_t images, cpixels_shape shape, cpixels_degradation kind,
                    const double *parameters, const uint64_t *keys);

// What one image of a batch undergoes, in this order.
typedef struct {
  ptrdiff_t down;   // each pixel comes from so many rows below; what comes from outside is 0
  ptrdiff_t right;  // and from so many columns to the right
  int flip;         // columns from right to left
  ptrdiff_t cut_top;
  ptrdiff_t cut_left;
  size_t cut_side;  // of a square that becomes 0, which may reach outside
} cpixels_change;

// Changes every image of a batch. `scratch` holds one image.
void cpixels_augment(void *pixels, size_t images, cpixels_shape shape, const cpixels_change *changes, void *scratch);

// An image of 1 to 4 channels at another size, as opaque RGB over a background. Each new pixel is the mean of the
// stored ones under it, or the one under its corner where that is less than one: repeated pixels when larger. Rows of
// the result are `stride` bytes apart.
void cpixels_draw_tile(const uint8_t *pixels, size_t height, size_t width, size_t channels, const uint8_t over[3],
                       uint8_t *tile, size_t tile_height, size_t tile_width, size_t stride);

#endif
