// Loops over samples, in C so that they are fast in every build.
//
// Images are height x width x channels samples, rows from the top. A sample is one byte, or two in the machine's byte
// order. Nothing here allocates unless it says so, and nothing keeps a pointer.

#ifndef CPIXELS_H
#define CPIXELS_H

#include <stddef.h>
#include <stdint.h>

// Adds the sum and the sum of squares of each channel to sums[channels] and squares[channels].
// Exact for up to 2^32 pixels, hence independent of any order of summation.
void cpixels_add_moments(const void *pixels, size_t bytes_per_sample, size_t pixel_count, size_t channels,
                         uint64_t *sums, uint64_t *squares);

// Each sample as value / maximum (255 or 65535), correctly rounded.
void cpixels_to_floats(const void *samples, size_t bytes_per_sample, size_t count, float *fractions);

#endif
