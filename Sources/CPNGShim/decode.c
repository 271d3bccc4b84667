#include <stdlib.h>

#include "convert.h"
#include "exif.h"
#include "reader.h"

// Inside the setjmp: palette and transparency into the conversion.
static void read_colors(cpng_reader *r, const cpng_header *header, cpng_conversion *conversion) {
  png_bytep alphas = NULL;
  int alpha_count = 0;
  png_color_16p key = NULL;
  if (header->has_transparency) png_get_tRNS(r->png, r->info, &alphas, &alpha_count, &key);
  if (header->color_type == PNG_COLOR_TYPE_PALETTE) {
    png_colorp entries = NULL;
    int count = 0;
    png_get_PLTE(r->png, r->info, &entries, &count);
    for (int i = 0; i < count && i < 256; i++) {
      const uint8_t alpha = alphas != NULL && i < alpha_count ? alphas[i] : 255;
      cpng_add_entry(conversion, (const uint8_t[4]){entries[i].red, entries[i].green, entries[i].blue, alpha});
    }
  } else if (key != NULL) {
    conversion->has_key = true;
    const bool rgb = header->color_type & PNG_COLOR_MASK_COLOR;
    // Always stored as 16 bits, of which only the image's depth counts (PNG specification, 11.3.2.1).
    const uint16_t mask = (uint16_t)((1u << header->bit_depth) - 1);
    conversion->key[0] = (rgb ? key->red : key->gray) & mask;
    conversion->key[1] = key->green & mask;
    conversion->key[2] = key->blue & mask;
  }
}

static void *take(png_structp png, size_t count) {
  void *memory = malloc(count);
  if (memory == NULL) cpng_fail(png, CPNG_NO_MEMORY, "no memory for %zu bytes", count);
  return memory;
}

// Where rows go: straight into the result, or turned, through a row beside it.
typedef struct destination {
  cpng_placement place;
  uint8_t *pixels;
  uint8_t *row;  // NULL: rows go straight into the result
} destination;

static void convert_row(cpng_reader *r, const cpng_conversion *conversion, const destination *to, const uint8_t *raw,
                        uint32_t y) {
  uint8_t *place = to->pixels + to->place.start + (ptrdiff_t)y * to->place.down;
  if (!cpng_convert_row(conversion, raw, r->scratch, to->row == NULL ? place : to->row)) {
    cpng_fail(r->png, CPNG_CORRUPT, "row %u names a palette entry that is not there", y);
  }
  if (to->row != NULL) {
    cpng_place_row(to->row, conversion->width, cpng_pixel_bytes(conversion), place, to->place.across);
  }
}

// Inside the setjmp: all rows, of a stream whose header was read.
static void read_rows(cpng_reader *r, const cpng_header *header, const cpng_conversion *conversion,
                      const destination *to) {
  png_structp png = r->png;
  if (header->bit_depth < 8) png_set_packing(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, r->info);
  const size_t row_in = png_get_rowbytes(png, r->info);
  if (passes == 1) {
    r->raw = take(png, row_in);
    for (uint32_t y = 0; y < header->height; y++) {
      png_read_row(png, r->raw, NULL);
      convert_row(r, conversion, to, r->raw, y);
    }
  } else {
    r->raw = take(png, row_in * header->height);
    for (int pass = 0; pass < passes; pass++) {
      for (uint32_t y = 0; y < header->height; y++) png_read_row(png, r->raw + y * row_in, NULL);
    }
    for (uint32_t y = 0; y < header->height; y++) convert_row(r, conversion, to, r->raw + y * row_in, y);
  }
  png_read_end(png, NULL);
}

static cpng_status guarded_decode(cpng_reader *r, const cpng_options *options, uint8_t *pixels, size_t count,
                                  cpng_conversion *conversion) {
  if (setjmp(png_jmpbuf(r->png))) return r->session.status;
  png_structp png = r->png;
  const bool wide = options->depth == 16;
  cpng_header header;
  cpng_read_header(r, options->upright, &header);
  if (options->srgb) {
    const uint32_t colors = header.color_type & PNG_COLOR_MASK_COLOR ? 3 : 1;
    const cpng_status status = cpng_color_open(&r->ancillary, colors, header.bit_depth == 16, wide,
                                               r->limits->chunk_bytes, &r->color, r->session.report);
    if (status != CPNG_OK) return status;
  }
  *conversion = (cpng_conversion){.width = header.width,
                                  .bit_depth = header.bit_depth,
                                  .color_type = header.color_type,
                                  .natural_channels = header.natural_channels,
                                  .wide = wide,
                                  .form = options->form,
                                  .color = r->color};
  for (int k = 0; k < 3; k++) conversion->over[k] = wide ? options->over[k] * 257u : options->over[k];
  read_colors(r, &header, conversion);

  const size_t pixel_bytes = cpng_pixel_bytes(conversion);
  const size_t row_bytes = pixel_bytes * header.width;
  if ((uint64_t)row_bytes * header.height != count) {
    cpng_fail(png, CPNG_ARGUMENT, "%u x %u pixels of %zu bytes do not fill a buffer of %zu bytes", header.width,
              header.height, pixel_bytes, count);
  }
  const bool turns = header.orientation != 1;
  const size_t scratch = cpng_scratch_bytes(conversion);
  r->scratch = take(png, scratch + (turns ? row_bytes : 0));
  const destination to = {.place = cpng_place(header.orientation, header.width, header.height, pixel_bytes),
                          .pixels = pixels,
                          .row = turns ? r->scratch + scratch : NULL};
  read_rows(r, &header, conversion, &to);
  return CPNG_OK;
}

cpng_status cpng_decode(const uint8_t *bytes, size_t count, const cpng_limits *limits, const cpng_options *options,
                        uint8_t *pixels, size_t pixels_count, cpng_report *report) {
  cpng_reader r = {.bytes = bytes, .count = count, .limits = limits};
  cpng_conversion conversion;
  cpng_session_begin(&r.session, report);
  cpng_status status = cpng_open_reader(&r);
  if (status == CPNG_OK) {
    if (options->srgb || options->upright) r.ancillary = cpng_find_ancillary(bytes, count, report);
    status = guarded_decode(&r, options, pixels, pixels_count, &conversion);
  }
  cpng_close_reader(&r);
  return status;
}
