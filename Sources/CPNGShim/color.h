// From stored samples to sRGB.

#ifndef CPNG_COLOR_H
#define CPNG_COLOR_H

#include <stdbool.h>

#include "chunks.h"

typedef struct cpng_color cpng_color;

// What a file says of its colours, in the order of the PNG specification (third edition, 4.3): cICP, iCCP, sRGB, gAMA
// with cHRM. `*color` is NULL where samples are sRGB already, and to be given to cpng_color_free also after a failure.
//
// colors: 1 for gray, 3 for RGB and palettes. wide_in, wide_out: whether samples have 16 bits, else 8. profile_limit:
// most bytes of an ICC profile.
cpng_status cpng_color_open(const cpng_ancillary *found, uint32_t colors, bool wide_in, bool wide_out,
                            size_t profile_limit, cpng_color **color, cpng_report *report);

// Pixels of `channels` samples, which are the colours and at will alpha; alpha only changes its depth.
void cpng_color_pixels(const cpng_color *color, const uint8_t *in, size_t pixels, uint32_t channels, uint8_t *out);

void cpng_color_free(cpng_color *color);

#endif
