// Resizing: columns first, then rows, with the arithmetic of PIL, so that 8-bit results are PIL's to the bit. (From
// Pillow 13 on rows come first where the height shrinks far more than the width, and results may differ by 1 there.)
//
// 8-bit samples are weighted by multiples of 2^-22 and rounded after each direction; 16-bit samples are weighted in
// double and rounded once. Colours are premultiplied by alpha while they are weighted.

#include <stdlib.h>

#include "samples.h"
#include "weights.h"

#pragma STDC FP_CONTRACT OFF

static const int32_t half = 1 << 21;

static uint8_t clip(int32_t sum) {
  const int32_t value = sum >> 22;
  return (uint8_t)(value > 255 ? 255 : value);
}

// colour x alpha / 255, rounded to nearest.
static uint8_t premultiplied(uint8_t color, uint8_t alpha) {
  const uint32_t product = (uint32_t)color * alpha + 128;
  return (uint8_t)(((product >> 8) + product) >> 8);
}

static void premultiply_row(const uint8_t *row, size_t pixels, size_t channels, uint8_t *out) {
  for (size_t i = 0; i < pixels * channels; i += channels) {
    const uint8_t alpha = row[i + channels - 1];
    for (size_t k = 0; k + 1 < channels; k++) out[i + k] = premultiplied(row[i + k], alpha);
    out[i + channels - 1] = alpha;
  }
}

static void unpremultiply_row(uint8_t *row, size_t pixels, size_t channels) {
  for (size_t i = 0; i < pixels * channels; i += channels) {
    const uint8_t alpha = row[i + channels - 1];
    if (alpha == 0 || alpha == 255) continue;
    for (size_t k = 0; k + 1 < channels; k++) {
      const uint32_t color = 255 * (uint32_t)row[i + k] / alpha;
      row[i + k] = (uint8_t)(color > 255 ? 255 : color);
    }
  }
}

static void columns_8(const uint8_t *row, size_t channels, const cpixels_weights *weights, uint8_t *out) {
  for (size_t x = 0; x < weights->count; x++) {
    const int32_t *const weight = weights->fixed + x * weights->stride;
    const uint8_t *const from = row + weights->first[x] * channels;
    for (size_t k = 0; k < channels; k++) {
      int32_t sum = half;
      for (size_t i = 0; i < weights->length[x]; i++) sum += from[i * channels + k] * weight[i];
      out[x * channels + k] = clip(sum);
    }
  }
}

static void row_8(const uint8_t *rows, size_t samples, const int32_t *weight, size_t length, int32_t *sums,
                  uint8_t *out) {
  for (size_t i = 0; i < samples; i++) sums[i] = half;
  for (size_t y = 0; y < length; y++) {
    for (size_t i = 0; i < samples; i++) sums[i] += rows[y * samples + i] * weight[y];
  }
  for (size_t i = 0; i < samples; i++) out[i] = clip(sums[i]);
}

static int resize_8(const uint8_t *source, cpixels_shape shape, const cpixels_weights *columns,
                    const cpixels_weights *rows, uint8_t *result, size_t row_pixels) {
  const size_t channels = shape.channels;
  const size_t samples = columns->count * channels;
  const size_t top = rows->first[0];
  const size_t end = rows->first[rows->count - 1] + rows->length[rows->count - 1];
  uint8_t *const middle = malloc((end - top) * samples);
  uint8_t *const line = malloc(shape.width * channels);
  int32_t *const sums = malloc(samples * sizeof *sums);
  const int status = middle && line && sums ? 0 : -1;
  for (size_t y = top; status == 0 && y < end; y++) {
    const uint8_t *row = source + y * row_bytes(shape);
    if (has_alpha(channels)) {
      premultiply_row(row, shape.width, channels, line);
      row = line;
    }
    columns_8(row, channels, columns, middle + (y - top) * samples);
  }
  for (size_t y = 0; status == 0 && y < rows->count; y++) {
    uint8_t *const out = result + y * row_pixels * channels;
    row_8(middle + (rows->first[y] - top) * samples, samples, rows->fixed + y * rows->stride, rows->length[y], sums,
          out);
    if (has_alpha(channels)) unpremultiply_row(out, columns->count, channels);
  }
  free(middle);
  free(line);
  free(sums);
  return status;
}

static void columns_16(const uint8_t *row, size_t channels, const cpixels_weights *weights, double *out) {
  const size_t colors = has_alpha(channels) ? channels - 1 : channels;
  for (size_t x = 0; x < weights->count; x++) {
    const double *const weight = weights->weight + x * weights->stride;
    const size_t from = weights->first[x] * channels;
    double sums[4] = {0};
    for (size_t i = 0; i < weights->length[x]; i++) {
      const size_t pixel = from + i * channels;
      double share = weight[i];
      if (colors < channels) {
        const double alpha = load_sample(row, 2, pixel + colors);
        sums[colors] += alpha * share;
        share *= alpha / 65535;
      }
      for (size_t k = 0; k < colors; k++) sums[k] += load_sample(row, 2, pixel + k) * share;
    }
    memcpy(out + x * channels, sums, channels * sizeof *sums);
  }
}

static void row_16(const double *rows, size_t samples, size_t channels, const double *weight, size_t length,
                   double *sums, uint8_t *out) {
  for (size_t i = 0; i < samples; i++) sums[i] = 0;
  for (size_t y = 0; y < length; y++) {
    for (size_t i = 0; i < samples; i++) sums[i] += rows[y * samples + i] * weight[y];
  }
  for (size_t i = 0; i < samples; i++) {
    double value = sums[i];
    const double alpha = has_alpha(channels) ? sums[i - i % channels + channels - 1] : 65535;
    if (has_alpha(channels) && i % channels + 1 < channels && alpha > 0) value *= 65535 / alpha;
    store_sample(out, 2, i, nearest_sample(value, 2));
  }
}

static int resize_16(const uint8_t *source, cpixels_shape shape, const cpixels_weights *columns,
                     const cpixels_weights *rows, uint8_t *result, size_t row_pixels) {
  const size_t samples = columns->count * shape.channels;
  const size_t top = rows->first[0];
  const size_t end = rows->first[rows->count - 1] + rows->length[rows->count - 1];
  double *const middle = malloc((end - top) * samples * sizeof *middle);
  double *const sums = malloc(samples * sizeof *sums);
  const int status = middle && sums ? 0 : -1;
  for (size_t y = top; status == 0 && y < end; y++) {
    columns_16(source + y * row_bytes(shape), shape.channels, columns, middle + (y - top) * samples);
  }
  for (size_t y = 0; status == 0 && y < rows->count; y++) {
    row_16(middle + (rows->first[y] - top) * samples, samples, shape.channels, rows->weight + y * rows->stride,
           rows->length[y], sums, result + y * row_pixels * shape.channels * 2);
  }
  free(middle);
  free(sums);
  return status;
}

// The source position under the centre of each wanted one. Steps are added up, as PIL does: where a centre lies on the
// edge between two pixels the roundings decide.
static size_t *nearest_positions(size_t size, size_t scaled, size_t start, size_t count) {
  size_t *const positions = malloc(count * sizeof *positions);
  if (!positions) return NULL;
  const double step = (double)size / (double)scaled;
  double at = step * 0.5;
  for (size_t i = 0; i < start + count; i++, at += step) {
    const size_t position = (size_t)at;
    if (i >= start) positions[i - start] = position < size ? position : size - 1;
  }
  return positions;
}

static int resize_nearest(const uint8_t *source, cpixels_shape shape, cpixels_window window, uint8_t *result,
                          size_t row_pixels) {
  const size_t pixel = shape.channels * shape.bytes_per_sample;
  size_t *const columns = nearest_positions(shape.width, window.scaled_width, window.left, window.width);
  size_t *const rows = nearest_positions(shape.height, window.scaled_height, window.top, window.height);
  const int status = columns && rows ? 0 : -1;
  for (size_t y = 0; status == 0 && y < window.height; y++) {
    const uint8_t *const from = source + rows[y] * row_bytes(shape);
    for (size_t x = 0; x < window.width; x++) {
      memcpy(result + (y * row_pixels + x) * pixel, from + columns[x] * pixel, pixel);
    }
  }
  free(columns);
  free(rows);
  return status;
}

int cpixels_resize(const void *source, cpixels_shape shape, cpixels_filter filter, cpixels_window window,
                   void *result, size_t row_pixels) {
  // What keeps its size keeps its samples: premultiplying would cost them precision.
  const int same = shape.height == window.scaled_height && shape.width == window.scaled_width;
  if (filter == CPIXELS_NEAREST || same) return resize_nearest(source, shape, window, result, row_pixels);
  const int wants_fixed = shape.bytes_per_sample == 1;
  cpixels_weights columns, rows = {0};
  int status = cpixels_weights_make(&columns, filter, shape.width, window.scaled_width, window.left, window.width,
                                    wants_fixed);
  if (status == 0) {
    status = cpixels_weights_make(&rows, filter, shape.height, window.scaled_height, window.top, window.height,
                                  wants_fixed);
  }
  if (status == 0) {
    status = (wants_fixed ? resize_8 : resize_16)(source, shape, &columns, &rows, result, row_pixels);
  }
  cpixels_weights_free(&columns);
  cpixels_weights_free(&rows);
  return status;
}
