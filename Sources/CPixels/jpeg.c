// What baseline JPEG does to an image, without the coding that loses nothing: ITU-T T.81 with the tables of its annex K
// scaled as libjpeg's quality says, 4:2:0 chroma and libjpeg's triangle filter back.

#include <math.h>
#include <stdlib.h>

#include "picture.h"
#include "samples.h"

#pragma STDC FP_CONTRACT OFF

static const uint8_t luminance[64] = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,   //
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,   //
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,   //
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
static const uint8_t chrominance[64] = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,  //
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,  //
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,  //
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};

// Levels 0 to 255 of one component; pixels beyond what is kept are those at its border.
typedef struct {
  size_t height;
  size_t width;
  size_t columns;  // kept: width, or for chroma the next multiple of 8, made from the image's last column as by libjpeg
  double *level;
} component;

static double nearest_level(double value) { return value <= 0 ? 0 : value >= 255 ? 255 : floor(value + 0.5); }

static void quantisation(double steps[64], const uint8_t base[64], int quality) {
  const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  for (int i = 0; i < 64; i++) {
    const int step = (base[i] * scale + 50) / 100;
    steps[i] = step < 1 ? 1 : step > 255 ? 255 : step;
  }
}

static void cosines(double table[64]) {
  for (int u = 0; u < 8; u++) {
    for (int x = 0; x < 8; x++) table[u * 8 + x] = cos((2 * x + 1) * u * M_PI / 16) * (u ? 0.5 : sqrt(0.125));
  }
}

// out = A in B', where A and B are the table or its transpose.
static void transform(const double in[64], const double table[64], int inverse, double out[64]) {
  double half[64];
  for (int y = 0; y < 8; y++) {
    for (int u = 0; u < 8; u++) {
      double sum = 0;
      for (int x = 0; x < 8; x++) sum += in[y * 8 + x] * table[inverse ? x * 8 + u : u * 8 + x];
      half[y * 8 + u] = sum;
    }
  }
  for (int v = 0; v < 8; v++) {
    for (int u = 0; u < 8; u++) {
      double sum = 0;
      for (int y = 0; y < 8; y++) sum += half[y * 8 + u] * table[inverse ? y * 8 + v : v * 8 + y];
      out[v * 8 + u] = sum;
    }
  }
}

static void quantise(component plane, const uint8_t base[64], int quality) {
  double steps[64], table[64], block[64], wave[64];
  quantisation(steps, base, quality);
  cosines(table);
  for (size_t top = 0; top < plane.height; top += 8) {
    for (size_t left = 0; left < plane.width; left += 8) {
      for (size_t i = 0; i < 64; i++) {
        const size_t y = cpixels_border_position((ptrdiff_t)(top + i / 8), plane.height, BORDER_EDGE);
        const size_t x = cpixels_border_position((ptrdiff_t)(left + i % 8), plane.columns, BORDER_EDGE);
        block[i] = plane.level[y * plane.columns + x] - 128;
      }
      transform(block, table, 0, wave);
      for (size_t i = 0; i < 64; i++) wave[i] = round(wave[i] / steps[i]) * steps[i];
      transform(wave, table, 1, block);
      for (size_t i = 0; i < 64; i++) {
        const size_t y = top + i / 8, x = left + i % 8;
        if (y < plane.height && x < plane.width) plane.level[y * plane.columns + x] = nearest_level(block[i] + 128);
      }
    }
  }
}

// Means of two by two, halves rounded up and down in turn along a row.
static void halve(component whole, component halved) {
  for (size_t y = 0; y < halved.height; y++) {
    for (size_t x = 0; x < halved.columns; x++) {
      double sum = 1 + (double)(x % 2);
      for (size_t i = 0; i < 4; i++) {
        const size_t row = cpixels_border_position((ptrdiff_t)(2 * y + i / 2), whole.height, BORDER_EDGE);
        const size_t column = cpixels_border_position((ptrdiff_t)(2 * x + i % 2), whole.width, BORDER_EDGE);
        sum += whole.level[row * whole.width + column];
      }
      halved.level[y * halved.columns + x] = floor(sum / 4);
    }
  }
}

// The triangle filter: three quarters of the nearer sample and one of the farther, along both sides. Narrow components
// are repeated, as libjpeg does.
static void redouble(component halved, component whole) {
  const int repeats = halved.width <= 2;
  for (size_t y = 0; y < whole.height; y++) {
    const size_t near = y / 2;
    const size_t far = cpixels_border_position((ptrdiff_t)near + (y % 2 ? 1 : -1), halved.height, BORDER_EDGE);
    for (size_t x = 0; x < whole.width; x++) {
      const size_t beside = cpixels_border_position((ptrdiff_t)(x / 2) + (x % 2 ? 1 : -1), halved.width, BORDER_EDGE);
      const double *const rows[2] = {halved.level + near * halved.columns, halved.level + far * halved.columns};
      const double here = 3 * rows[0][x / 2] + rows[1][x / 2], there = 3 * rows[0][beside] + rows[1][beside];
      const double smooth = floor((3 * here + there + (x % 2 ? 7 : 8)) / 16);
      whole.level[y * whole.width + x] = repeats ? rows[0][x / 2] : smooth;
    }
  }
}

static void to_ycc(double *const level[3], size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double r = level[0][i], g = level[1][i], b = level[2][i];
    level[0][i] = nearest_level(0.299 * r + 0.587 * g + 0.114 * b);
    level[1][i] = nearest_level(-0.168735892 * r - 0.331264108 * g + 0.5 * b + 128);
    level[2][i] = nearest_level(0.5 * r - 0.418687589 * g - 0.081312411 * b + 128);
  }
}

static void to_rgb(double *const level[3], size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double y = level[0][i], cb = level[1][i] - 128, cr = level[2][i] - 128;
    level[0][i] = nearest_level(y + 1.402 * cr);
    level[1][i] = nearest_level(y - 0.344136286 * cb - 0.714136286 * cr);
    level[2][i] = nearest_level(y + 1.772 * cb);
  }
}

// Parameters: libjpeg's quality, 1 to 100. Samples are those of 8 bits. Allocates half a plane.
int cpixels_degrade_jpeg_compression(picture *image, const double *parameters, cpixels_draws *draws) {
  (void)draws;
  const int quality = (int)parameters[0];
  const size_t count = plane_count(image);
  const size_t rows = (image->height + 1) / 2, width = (image->width + 1) / 2, columns = (width + 7) / 8 * 8;
  double *const chroma = malloc(rows * columns * sizeof *chroma);
  if (!chroma) return -1;
  for (size_t i = 0; i < image->colors * count; i++) image->plane[i] = nearest_level(255 * image->plane[i]);
  double *const level[3] = {image->plane, image->plane + count, image->plane + 2 * count};
  if (image->colors == 3) to_ycc(level, count);
  quantise((component){image->height, image->width, image->width, level[0]}, luminance, quality);
  for (size_t k = 1; k < image->colors; k++) {
    const component whole = {image->height, image->width, image->width, level[k]};
    const component halved = {rows, width, columns, chroma};
    halve(whole, halved);
    quantise(halved, chrominance, quality);
    redouble(halved, whole);
  }
  if (image->colors == 3) to_rgb(level, count);
  for (size_t i = 0; i < image->colors * count; i++) image->plane[i] /= 255;
  free(chroma);
  return 0;
}
