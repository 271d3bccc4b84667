#include "color.h"

#include <stdlib.h>

#include "colorimetry.h"
#include "curve.h"
#include "icc.h"
#include "samples.h"
#include "session.h"

struct cpng_color {
  uint32_t colors;
  bool wide_in, wide_out;
  bool mixes;  // light goes through the matrix
  cpng_curve curves[3];
  cpng_matrix matrix;
  uint8_t *profile;         // what the curves may point into
  double lights[3][256];    // of 8-bit samples
  uint16_t direct[3][256];  // results of 8-bit samples, where nothing mixes
  double edges[255];        // the least light of the 8-bit results 1 to 255
};

static cpng_status read_cicp(cpng_slice cicp, cpng_report *report) {
  static const uint8_t srgb[4] = {1, 13, 0, 1};  // ITU-T H.273: primaries, transfer, no matrix, full range
  if (cicp.count != 4) {
    cpng_say(report, "cICP: it has %zu bytes, not 4", cicp.count);
    return CPNG_COLOR;
  }
  if (memcmp(cicp.bytes, srgb, 4) != 0) {
    cpng_say(report, "cICP: %u %u %u %u is another space than sRGB (1 13 0 1), the one supported", cicp.bytes[0],
             cicp.bytes[1], cicp.bytes[2], cicp.bytes[3]);
    return CPNG_COLOR;
  }
  return CPNG_OK;
}

static cpng_status read_srgb(cpng_slice srgb, cpng_report *report) {
  if (srgb.count != 1) {
    cpng_say(report, "sRGB: it has %zu bytes, not 1", srgb.count);
    return CPNG_COLOR;
  }
  if (srgb.bytes[0] > 3) cpng_warn(report, "sRGB: rendering intent %u is unknown", srgb.bytes[0]);
  return CPNG_OK;
}

static cpng_status read_gamma(cpng_slice gama, cpng_curve *curve, cpng_report *report) {
  if (gama.count != 4) {
    cpng_say(report, "gAMA: it has %zu bytes, not 4", gama.count);
    return CPNG_COLOR;
  }
  const double gamma = cpng_read32(gama.bytes) / 100000.0;
  if (!(gamma >= 0.01 && gamma <= 100)) {
    cpng_say(report, "gAMA: %.5f makes no sense as an exponent", gamma);
    return CPNG_COLOR;
  }
  *curve = cpng_power_curve(1 / gamma);
  return CPNG_OK;
}

static cpng_status read_primaries(cpng_slice chrm, cpng_matrix *matrix, cpng_report *report) {
  double xy[8];
  if (chrm.count != 32) {
    cpng_say(report, "cHRM: it has %zu bytes, not 32", chrm.count);
    return CPNG_COLOR;
  }
  bool sound = true;
  for (int i = 0; i < 8; i++) {
    xy[i] = cpng_read32(chrm.bytes + 4 * i) / 100000.0;
    sound = sound && xy[i] <= 1;
  }
  const cpng_primaries primaries = {{xy[0], xy[1]}, {{xy[2], xy[3]}, {xy[4], xy[5]}, {xy[6], xy[7]}}};
  if (!sound || !cpng_primaries_to_srgb(&primaries, matrix)) {
    cpng_say(report, "cHRM: its chromaticities enclose no white");
    return CPNG_COLOR;
  }
  return CPNG_OK;
}

// Curves and matrix by the chunk that counts; `*is_srgb` where there is nothing to convert.
static cpng_status read_space(const cpng_ancillary *found, size_t profile_limit, cpng_color *color, bool *is_srgb,
                              cpng_report *report) {
  cpng_status status = CPNG_OK;
  *is_srgb = false;
  if (found->cicp.bytes != NULL) {
    *is_srgb = true;
    return read_cicp(found->cicp, report);
  }
  if (found->iccp.bytes != NULL) {
    cpng_slice profile = {0};
    status = cpng_icc_inflate(found->iccp, profile_limit, &color->profile, &profile.count, report);
    profile.bytes = color->profile;
    color->mixes = color->colors == 3;
    if (status != CPNG_OK) return status;
    return cpng_icc_read(profile, color->colors, color->curves, &color->matrix, report);
  }
  if (found->srgb.bytes != NULL) {
    *is_srgb = true;
    return read_srgb(found->srgb, report);
  }
  cpng_curve curve = cpng_srgb_curve();
  if (found->gama.bytes != NULL) status = read_gamma(found->gama, &curve, report);
  // White is gray's only chromaticity, and whites meet.
  color->mixes = found->chrm.bytes != NULL && color->colors == 3;
  if (status == CPNG_OK && color->mixes) status = read_primaries(found->chrm, &color->matrix, report);
  for (int k = 0; k < 3; k++) color->curves[k] = curve;
  *is_srgb = found->gama.bytes == NULL && !color->mixes;
  return status;
}

static uint32_t nearest(const cpng_color *color, double light) {
  if (color->wide_out) {
    if (!(light > 0)) return 0;
    return light < 1 ? (uint32_t)(cpng_srgb_sample(light) * 65535 + 0.5) : 65535;
  }
  uint32_t result = 0;
  for (uint32_t step = 128; step > 0; step /= 2) {
    if (light >= color->edges[result + step - 1]) result += step;
  }
  return result;
}

// Tables pay where there are more samples than values, so for 8 bits.
static void fill_tables(cpng_color *color) {
  const cpng_curve srgb = cpng_srgb_curve();
  for (int i = 0; i < 255; i++) color->edges[i] = cpng_light(&srgb, (i + 0.5) / 255);
  if (color->wide_in) return;
  for (uint32_t k = 0; k < color->colors; k++) {
    if (k > 0 && memcmp(&color->curves[k], &color->curves[0], sizeof(cpng_curve)) == 0) {
      memcpy(color->lights[k], color->lights[0], sizeof color->lights[0]);
      memcpy(color->direct[k], color->direct[0], sizeof color->direct[0]);
      continue;
    }
    for (int i = 0; i < 256; i++) {
      color->lights[k][i] = cpng_light(&color->curves[k], i / 255.0);
      if (!color->mixes) color->direct[k][i] = (uint16_t)nearest(color, color->lights[k][i]);
    }
  }
}

cpng_status cpng_color_open(const cpng_ancillary *found, uint32_t colors, bool wide_in, bool wide_out,
                            size_t profile_limit, cpng_color **result, cpng_report *report) {
  if (found->cicp.bytes == NULL && found->iccp.bytes == NULL && found->srgb.bytes == NULL &&
      found->gama.bytes == NULL && found->chrm.bytes == NULL) {
    return CPNG_OK;
  }
  cpng_color *color = calloc(1, sizeof *color);
  if (color == NULL) {
    cpng_say(report, "no memory for %zu bytes", sizeof *color);
    return CPNG_NO_MEMORY;
  }
  color->colors = colors;
  color->wide_in = wide_in;
  color->wide_out = wide_out;
  bool is_srgb = false;
  const cpng_status status = read_space(found, profile_limit, color, &is_srgb, report);
  if (status != CPNG_OK || is_srgb) {
    cpng_color_free(color);
    return status;
  }
  if (color->mixes && cpng_is_identity(&color->matrix)) color->mixes = false;
  fill_tables(color);
  *result = color;
  return CPNG_OK;
}

void cpng_color_free(cpng_color *color) {
  if (color == NULL) return;
  free(color->profile);
  free(color);
}

static double light_of(const cpng_color *color, uint32_t k, uint32_t value) {
  return color->wide_in ? cpng_light(&color->curves[k], value / 65535.0) : color->lights[k][value];
}

void cpng_color_pixels(const cpng_color *color, const uint8_t *in, size_t pixels, uint32_t channels, uint8_t *out) {
  const uint32_t colors = color->colors;
  const bool from = color->wide_in, to = color->wide_out;
  for (size_t i = 0; i < pixels * channels; i += channels) {
    if (color->mixes) {
      double light[3];
      for (uint32_t k = 0; k < 3; k++) light[k] = light_of(color, k, cpng_get(in, i + k, from));
      for (uint32_t k = 0; k < 3; k++) {
        const double *row = color->matrix.at[k];
        cpng_put(out, i + k, nearest(color, row[0] * light[0] + row[1] * light[1] + row[2] * light[2]), to);
      }
    } else {
      for (uint32_t k = 0; k < colors; k++) {
        const uint32_t value = cpng_get(in, i + k, from);
        cpng_put(out, i + k, from ? nearest(color, light_of(color, k, value)) : color->direct[k][value], to);
      }
    }
    if (channels > colors) {
      const uint32_t alpha = cpng_get(in, i + colors, from);
      cpng_put(out, i + colors, from == to ? alpha : to ? alpha * 257 : cpng_from16(alpha), to);
    }
  }
}
