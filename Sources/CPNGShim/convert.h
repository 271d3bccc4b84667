// From a row of raw PNG samples to a row of 8-bit channels.

#ifndef CPNG_CONVERT_H
#define CPNG_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CPNGShim.h"

typedef struct cpng_conversion {
  uint32_t width;
  uint8_t bit_depth;
  uint8_t color_type;
  uint8_t natural_channels;
  cpng_form form;
  uint8_t over[3];
  bool has_key;        // tRNS of a gray or RGB image: samples equal to `key`, at full depth, are transparent
  uint16_t key[3];
  uint16_t palette_count;
  uint8_t palette[256][4];  // red, green, blue, alpha
} cpng_conversion;

uint32_t cpng_channels(const cpng_conversion *conversion);

// `raw` holds one sample a byte (depth up to 8, unscaled) or two bytes, high byte first (depth 16). `scratch` holds 4
// bytes a pixel. Returns false if a pixel names a palette entry that is not there.
bool cpng_convert_row(const cpng_conversion *conversion, const uint8_t *raw, uint8_t *scratch, uint8_t *out);

#endif
