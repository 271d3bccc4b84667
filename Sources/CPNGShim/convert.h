// From a row of raw PNG samples to a row of the form and depth wanted.

#ifndef CPNG_CONVERT_H
#define CPNG_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CPNGShim.h"
#include "color.h"

typedef struct cpng_conversion {
  uint32_t width;
  uint8_t bit_depth;
  uint8_t color_type;
  uint8_t natural_channels;
  bool wide;  // 16 bits wanted
  cpng_form form;
  uint32_t over[3];  // at the depth wanted
  bool has_key;      // tRNS of a gray or RGB image: samples equal to `key`, at full depth, are transparent
  uint16_t key[3];
  uint16_t palette_count;
  uint8_t palette[256][8];  // natural pixels, at the depth wanted
  const cpng_color *color;  // NULL: samples as stored
} cpng_conversion;

uint32_t cpng_channels(const cpng_conversion *conversion);

// Bytes of a pixel in the form and depth wanted.
size_t cpng_pixel_bytes(const cpng_conversion *conversion);

// Bytes that cpng_convert_row wants as scratch.
size_t cpng_scratch_bytes(const cpng_conversion *conversion);

// Adds an entry to the palette.
void cpng_add_entry(cpng_conversion *conversion, const uint8_t entry[4]);

// `raw` holds one sample a byte (depth up to 8, unscaled) or two bytes, high byte first (depth 16). Returns false if a
// pixel names a palette entry that is not there.
bool cpng_convert_row(const cpng_conversion *conversion, const uint8_t *raw, uint8_t *scratch, uint8_t *out);

#endif
