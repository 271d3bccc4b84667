#include "convert.h"

#include <string.h>

#include "samples.h"

// Specialised at each call for one depth, so that no pixel asks.
#define FOR_ONE_DEPTH static inline __attribute__((always_inline))

uint32_t cpng_channels(const cpng_conversion *conversion) {
  switch (conversion->form) {
    case CPNG_GRAY: return 1;
    case CPNG_GRAY_ALPHA: return 2;
    case CPNG_RGB: return 3;
    case CPNG_RGB_ALPHA: return 4;
    case CPNG_NATURAL: break;
  }
  return conversion->natural_channels;
}

size_t cpng_pixel_bytes(const cpng_conversion *conversion) {
  return (size_t)cpng_channels(conversion) * (conversion->wide ? 2 : 1);
}

// One natural row, and with colours to convert another, as stored.
size_t cpng_scratch_bytes(const cpng_conversion *c) {
  const bool wide = c->wide || (c->color != NULL && c->bit_depth == 16);
  return (size_t)c->width * 4 * (wide ? 2 : 1) * (c->color != NULL ? 2 : 1);
}

void cpng_add_entry(cpng_conversion *c, const uint8_t entry[4]) {
  uint8_t *place = c->palette[c->palette_count++];
  if (c->color != NULL) {
    cpng_color_pixels(c->color, entry, 1, c->natural_channels, place);
  } else {
    for (size_t k = 0; k < 4; k++) cpng_put(place, k, c->wide ? entry[k] * 257u : entry[k], c->wide);
  }
}

// A whole stored sample at a depth of at most 8: scaling by 255, 85, 17, 1 or those times 257 is exact.
static uint32_t scale_of(const cpng_conversion *c, bool wide) {
  return c->bit_depth == 16 ? 1 : cpng_maximum(wide) / ((1u << c->bit_depth) - 1);
}

FOR_ONE_DEPTH uint32_t deep(const uint8_t *raw, size_t index, bool wide) {
  const uint32_t value = cpng_read16(raw + 2 * index);
  return wide ? value : cpng_from16(value);
}

FOR_ONE_DEPTH void direct(const cpng_conversion *c, const uint8_t *raw, uint8_t *out, bool wide) {
  const uint32_t scale = scale_of(c, wide);
  const uint32_t samples = (c->color_type & 2 ? 3 : 1) + (c->color_type & 4 ? 1 : 0);
  const size_t count = (size_t)c->width * samples;
  if (c->bit_depth == 16) {
    for (size_t i = 0; i < count; i++) cpng_put(out, i, deep(raw, i, wide), wide);
  } else if (!wide && scale == 1) {
    memcpy(out, raw, count);
  } else {
    for (size_t i = 0; i < count; i++) cpng_put(out, i, raw[i] * scale, wide);
  }
}

FOR_ONE_DEPTH void direct_with_key(const cpng_conversion *c, const uint8_t *raw, uint8_t *out, bool wide) {
  const uint32_t scale = scale_of(c, wide);
  const uint32_t colors = c->color_type & 2 ? 3 : 1;
  for (size_t x = 0; x < c->width; x++) {
    bool transparent = true;
    for (size_t k = 0; k < colors; k++) {
      const size_t i = x * colors + k;
      const uint32_t value = c->bit_depth == 16 ? cpng_read16(raw + 2 * i) : raw[i];
      transparent = transparent && value == c->key[k];
      cpng_put(out, x * (colors + 1) + k, c->bit_depth == 16 ? deep(raw, i, wide) : value * scale, wide);
    }
    cpng_put(out, x * (colors + 1) + colors, transparent ? 0 : cpng_maximum(wide), wide);
  }
}

// Gray and RGB, with or without an alpha channel of their own or a transparent key, to natural channels as stored.
static void natural_direct(const cpng_conversion *c, const uint8_t *raw, uint8_t *out, bool wide) {
  if (c->has_key) {
    if (wide) {
      direct_with_key(c, raw, out, true);
    } else {
      direct_with_key(c, raw, out, false);
    }
  } else if (wide) {
    direct(c, raw, out, true);
  } else {
    direct(c, raw, out, false);
  }
}

static bool natural_palette(const cpng_conversion *c, const uint8_t *raw, uint8_t *out) {
  const size_t bytes = (size_t)c->natural_channels * (c->wide ? 2 : 1);
  for (size_t x = 0; x < c->width; x++) {
    if (raw[x] >= c->palette_count) return false;
    memcpy(out, c->palette[raw[x]], bytes);
    out += bytes;
  }
  return true;
}

// The nearest integer; 65535 * 65535 + 32767 is below 2^32.
FOR_ONE_DEPTH uint32_t blend(uint32_t value, uint32_t alpha, uint32_t over, bool wide) {
  const uint32_t most = cpng_maximum(wide);
  return (value * alpha + over * (most - alpha) + most / 2) / most;
}

// ITU-R 601-2 luma in 16-bit fixed point, as PIL's mode "L"; the weights add up to 65536, so gray stays itself.
static inline uint32_t luma(const uint32_t color[3]) {
  return (color[0] * 19595 + color[1] * 38470 + color[2] * 7471 + 0x8000) >> 16;
}

FOR_ONE_DEPTH void to_form(const cpng_conversion *c, const uint8_t *natural, uint8_t *out, bool wide) {
  const size_t channels = c->natural_channels;
  const bool has_alpha = channels == 2 || channels == 4;
  const bool keeps_alpha = c->form == CPNG_GRAY_ALPHA || c->form == CPNG_RGB_ALPHA;
  const bool gray = c->form == CPNG_GRAY || c->form == CPNG_GRAY_ALPHA;
  size_t to = 0;
  for (size_t x = 0; x < c->width; x++) {
    const size_t from = x * channels;
    const uint32_t alpha = has_alpha ? cpng_get(natural, from + channels - 1, wide) : cpng_maximum(wide);
    uint32_t color[3];
    for (size_t k = 0; k < 3; k++) {
      color[k] = cpng_get(natural, from + (channels < 3 ? 0 : k), wide);
      if (has_alpha && !keeps_alpha) color[k] = blend(color[k], alpha, c->over[k], wide);
    }
    if (gray) {
      cpng_put(out, to++, luma(color), wide);
    } else {
      for (size_t k = 0; k < 3; k++) cpng_put(out, to++, color[k], wide);
    }
    if (keeps_alpha) cpng_put(out, to++, alpha, wide);
  }
}

bool cpng_convert_row(const cpng_conversion *c, const uint8_t *raw, uint8_t *scratch, uint8_t *out) {
  const bool final = c->natural_channels == cpng_channels(c);
  uint8_t *natural = final ? out : scratch;
  if (c->color_type == 3) {
    if (!natural_palette(c, raw, natural)) return false;
  } else if (c->color != NULL) {
    uint8_t *stored = scratch + cpng_scratch_bytes(c) / 2;
    natural_direct(c, raw, stored, c->bit_depth == 16);
    cpng_color_pixels(c->color, stored, c->width, c->natural_channels, natural);
  } else {
    natural_direct(c, raw, natural, c->wide);
  }
  if (final) return true;
  if (c->wide) {
    to_form(c, natural, out, true);
  } else {
    to_form(c, natural, out, false);
  }
  return true;
}
