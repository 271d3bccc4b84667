// ICC profiles (ICC.1:2001-04 to ICC.1:2022), as far as they are curves and a matrix. Their bytes are not trusted.

#ifndef CPNG_ICC_H
#define CPNG_ICC_H

#include <stdbool.h>

#include "chunks.h"
#include "colorimetry.h"
#include "curve.h"

// Inflates the profile of an iCCP chunk into `*profile`, to be freed by the caller also after a failure. Takes memory
// for the size that the profile states, which is at most `limit`.
cpng_status cpng_icc_inflate(cpng_slice iccp, size_t limit, uint8_t **profile, size_t *count, cpng_report *report);

// The curves of 1 (gray) or 3 colours, which point into the profile, and for 3 the matrix from their light to linear
// sRGB.
cpng_status cpng_icc_read(cpng_slice profile, uint32_t colors, cpng_curve curves[3], cpng_matrix *matrix,
                          cpng_report *report);

#endif
