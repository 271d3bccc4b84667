// Loops that turn the samples of array files into images and back.

#ifndef CPIXELS_FORMATS_H
#define CPIXELS_FORMATS_H

#include <stddef.h>
#include <stdint.h>

// From channels x pixels to pixels x channels. The buffers do not overlap.
void cpixels_interleave(const void *planes, size_t bytes_per_sample, size_t pixel_count, size_t channels,
                        void *pixels);

// From pixels x channels to channels x pixels. The buffers do not overlap.
void cpixels_separate(const void *pixels, size_t bytes_per_sample, size_t pixel_count, size_t channels,
                      void *planes);

// 0 stays 0, any other byte becomes 255.
void cpixels_from_bools(const uint8_t *bools, size_t count, uint8_t *samples);

// Little-endian floats of 2, 4 or 8 bytes in [0, 1] to the nearest multiple of 1/255; `floats` need not be aligned.
// Returns the index of the first number outside, NaN among them, or `count` if there is none.
size_t cpixels_from_floats(const void *floats, size_t bytes_per_float, size_t count, uint8_t *samples);

#endif
