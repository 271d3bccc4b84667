#include "convert.h"

#include <string.h>

uint32_t cpng_channels(const cpng_conversion *conversion) {
  switch (conversion->form) {
    case CPNG_GRAY: return 1;
    case CPNG_RGB: return 3;
    case CPNG_NATURAL: break;
  }
  return conversion->natural_channels;
}

// The nearest 8-bit value: round(v * 255 / 65535), exactly.
static inline uint8_t from16(uint32_t value) { return (uint8_t)((value * 255 + 32767) / 65535); }

static inline uint32_t read16(const uint8_t *bytes) { return (uint32_t)bytes[0] << 8 | bytes[1]; }

// Gray and RGB, with or without an alpha channel of their own or a transparent key, to natural channels.
static void natural_direct(const cpng_conversion *c, const uint8_t *raw, uint8_t *out) {
  const uint32_t colors = c->color_type & 2 ? 3 : 1;
  const uint32_t samples = colors + (c->color_type & 4 ? 1 : 0);
  const size_t count = (size_t)c->width * samples;
  // Depths 1, 2, 4 scale by 255, 85, 17: exact.
  const uint32_t scale = c->bit_depth < 8 ? 255u / ((1u << c->bit_depth) - 1) : 1;
  if (!c->has_key) {
    if (c->bit_depth == 16) {
      for (size_t i = 0; i < count; i++) out[i] = from16(read16(raw + 2 * i));
    } else if (scale == 1) {
      memcpy(out, raw, count);
    } else {
      for (size_t i = 0; i < count; i++) out[i] = (uint8_t)(raw[i] * scale);
    }
    return;
  }
  for (size_t x = 0; x < c->width; x++) {
    bool transparent = true;
    for (uint32_t k = 0; k < colors; k++) {
      const size_t i = x * colors + k;
      const uint32_t value = c->bit_depth == 16 ? read16(raw + 2 * i) : raw[i];
      transparent = transparent && value == c->key[k];
      *out++ = c->bit_depth == 16 ? from16(value) : (uint8_t)(value * scale);
    }
    *out++ = transparent ? 0 : 255;
  }
}

static bool natural_palette(const cpng_conversion *c, const uint8_t *raw, uint8_t *out) {
  for (size_t x = 0; x < c->width; x++) {
    if (raw[x] >= c->palette_count) return false;
    memcpy(out, c->palette[raw[x]], c->natural_channels);
    out += c->natural_channels;
  }
  return true;
}

static inline uint8_t blend(uint32_t value, uint32_t alpha, uint32_t over) {
  return (uint8_t)((value * alpha + over * (255 - alpha) + 127) / 255);
}

// ITU-R 601-2 luma in 16-bit fixed point, as PIL's mode "L"; the weights add up to 65536, so gray stays itself.
static inline uint8_t luma(uint32_t red, uint32_t green, uint32_t blue) {
  return (uint8_t)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

static void to_form(const cpng_conversion *c, const uint8_t *natural, uint8_t *out) {
  const uint32_t channels = c->natural_channels;
  const bool alpha = channels == 2 || channels == 4;
  for (size_t x = 0; x < c->width; x++, natural += channels) {
    uint8_t color[3];
    for (uint32_t k = 0; k < 3; k++) {
      color[k] = natural[channels < 3 ? 0 : k];
      if (alpha) color[k] = blend(color[k], natural[channels - 1], c->over[k]);
    }
    if (c->form == CPNG_GRAY) {
      *out++ = luma(color[0], color[1], color[2]);
    } else {
      memcpy(out, color, 3);
      out += 3;
    }
  }
}

bool cpng_convert_row(const cpng_conversion *c, const uint8_t *raw, uint8_t *scratch, uint8_t *out) {
  const bool final = c->natural_channels == cpng_channels(c);
  uint8_t *natural = final ? out : scratch;
  if (c->color_type == 3) {
    if (!natural_palette(c, raw, natural)) return false;
  } else {
    natural_direct(c, raw, natural);
  }
  if (!final) to_form(c, natural, out);
  return true;
}
