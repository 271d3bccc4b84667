#include "colorimetry.h"

#include <math.h>

// IEC 61966-2-1.
static const cpng_primaries srgb = {{0.3127, 0.3290}, {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}}};
// The white of the profile connection space (ICC.1, 7.2.16).
static const double d50[3] = {0.9642, 1.0, 0.8249};
// From XYZ to the responses of the cones (ICC.1, annex E).
static const cpng_matrix bradford = {
    {{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};

static cpng_matrix product(const cpng_matrix *a, const cpng_matrix *b) {
  cpng_matrix result;
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      result.at[i][j] = a->at[i][0] * b->at[0][j] + a->at[i][1] * b->at[1][j] + a->at[i][2] * b->at[2][j];
    }
  }
  return result;
}

static void transform(const cpng_matrix *m, const double in[3], double out[3]) {
  for (int i = 0; i < 3; i++) out[i] = m->at[i][0] * in[0] + m->at[i][1] * in[1] + m->at[i][2] * in[2];
}

static bool inverse(const cpng_matrix *m, cpng_matrix *result) {
  double cofactors[3][3];
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      const int a = (i + 1) % 3, b = (i + 2) % 3, c = (j + 1) % 3, d = (j + 2) % 3;
      cofactors[i][j] = m->at[a][c] * m->at[b][d] - m->at[a][d] * m->at[b][c];
    }
  }
  const double determinant =
      m->at[0][0] * cofactors[0][0] + m->at[0][1] * cofactors[0][1] + m->at[0][2] * cofactors[0][2];
  if (!(fabs(determinant) > 1e-9)) return false;
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) result->at[i][j] = cofactors[j][i] / determinant;
  }
  return true;
}

static void white_of(const double xy[2], double xyz[3]) {
  xyz[0] = xy[0] / xy[1];
  xyz[1] = 1;
  xyz[2] = (1 - xy[0] - xy[1]) / xy[1];
}

// Columns are the colours' XYZ, scaled so that they add up to white.
static bool columns_of(const cpng_primaries *primaries, cpng_matrix *columns) {
  cpng_matrix inverted;
  double white[3], amounts[3];
  if (!(primaries->white[1] > 0)) return false;
  for (int k = 0; k < 3; k++) {
    columns->at[0][k] = primaries->colors[k][0];
    columns->at[1][k] = primaries->colors[k][1];
    columns->at[2][k] = 1 - primaries->colors[k][0] - primaries->colors[k][1];
  }
  if (!inverse(columns, &inverted)) return false;
  white_of(primaries->white, white);
  transform(&inverted, white, amounts);
  for (int k = 0; k < 3; k++) {
    if (!(amounts[k] > 0)) return false;
    for (int i = 0; i < 3; i++) columns->at[i][k] *= amounts[k];
  }
  return true;
}

// From XYZ under a white to linear sRGB. Fails only where cones do not respond to the white.
static bool xyz_to_srgb(const double white[3], cpng_matrix *matrix) {
  cpng_matrix columns, from_xyz, from_cones, scaled = bradford;
  double target[3], here[3], there[3];
  if (!columns_of(&srgb, &columns) || !inverse(&columns, &from_xyz) || !inverse(&bradford, &from_cones)) return false;
  white_of(srgb.white, target);
  transform(&bradford, white, here);
  transform(&bradford, target, there);
  for (int i = 0; i < 3; i++) {
    if (!(here[i] > 0)) return false;
    for (int j = 0; j < 3; j++) scaled.at[i][j] *= there[i] / here[i];
  }
  const cpng_matrix adaptation = product(&from_cones, &scaled);
  *matrix = product(&from_xyz, &adaptation);
  return true;
}

bool cpng_primaries_to_srgb(const cpng_primaries *primaries, cpng_matrix *matrix) {
  cpng_matrix columns, from_xyz;
  double white[3];
  if (!columns_of(primaries, &columns)) return false;
  white_of(primaries->white, white);
  if (!xyz_to_srgb(white, &from_xyz)) return false;
  *matrix = product(&from_xyz, &columns);
  return true;
}

cpng_matrix cpng_d50_to_srgb(const cpng_matrix *columns) {
  cpng_matrix from_xyz = {{{0}}};
  (void)xyz_to_srgb(d50, &from_xyz);
  return product(&from_xyz, columns);
}

bool cpng_is_identity(const cpng_matrix *matrix) {
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      if (!(fabs(matrix->at[i][j] - (i == j)) < 1e-9)) return false;
    }
  }
  return true;
}
