// Matrices between linear RGB and CIE XYZ.

#ifndef CPNG_COLORIMETRY_H
#define CPNG_COLORIMETRY_H

#include <stdbool.h>

typedef struct cpng_matrix {
  double at[3][3];  // row, column
} cpng_matrix;

// Chromaticities x, y of white, red, green and blue.
typedef struct cpng_primaries {
  double white[2], colors[3][2];
} cpng_primaries;

// Linear RGB of these primaries to linear sRGB; whites meet by Bradford's adaptation. Returns false where the
// chromaticities enclose no white.
bool cpng_primaries_to_srgb(const cpng_primaries *primaries, cpng_matrix *matrix);

// As above, from the columns that an ICC profile gives: XYZ relative to D50, the profile connection space.
cpng_matrix cpng_d50_to_srgb(const cpng_matrix *columns);

bool cpng_is_identity(const cpng_matrix *matrix);

#endif
