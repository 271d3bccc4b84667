#include <stdlib.h>
#include <string.h>

#include "convert.h"
#include "session.h"

typedef struct reader {
  cpng_session session;
  const uint8_t *bytes;
  size_t count;
  size_t at;
  const cpng_limits *limits;
  png_structp png;
  png_infop info;
  uint8_t *raw;      // one row, or the whole image where it is interlaced
  uint8_t *scratch;  // one row of natural channels
} reader;

static void read_bytes(png_structp png, png_bytep out, png_size_t wanted) {
  reader *r = png_get_io_ptr(png);
  if (wanted > r->count - r->at) cpng_fail(png, CPNG_CORRUPT, "the file ends early, after %zu bytes", r->count);
  memcpy(out, r->bytes + r->at, wanted);
  r->at += wanted;
}

static cpng_status open_reader(reader *r) {
  cpng_report *report = r->session.report;
  if (r->count == 0) {
    cpng_say(report, "the file is empty");
    return CPNG_NOT_PNG;
  }
  if (png_sig_cmp(r->bytes, 0, r->count < 8 ? r->count : 8) != 0) {
    cpng_say(report, "it does not begin with the PNG signature");
    return CPNG_NOT_PNG;
  }
  r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r->session, cpng_on_error, cpng_on_warning);
  if (r->png != NULL) r->info = png_create_info_struct(r->png);
  if (r->info == NULL) {
    cpng_say(report, "not enough memory, or libpng differs from the one this was built with");
    return CPNG_NO_MEMORY;
  }
  return CPNG_OK;
}

static void close_reader(reader *r) {
  png_destroy_read_struct(&r->png, &r->info, NULL);
  free(r->raw);
  free(r->scratch);
}

// Inside the setjmp: everything up to the first IDAT, and the limits.
static void read_header(reader *r, cpng_header *header) {
  png_structp png = r->png;
  png_set_read_fn(png, r, read_bytes);
  // Ours are checked below, with a message that says the size.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_cache_max(png, r->limits->cached_chunks);
  png_set_chunk_malloc_max(png, r->limits->chunk_bytes);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // Pixels are taken as stored: no colour management, so no ancillary chunk but tRNS is parsed, or inflated.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, r->info);

  header->width = png_get_image_width(png, r->info);
  header->height = png_get_image_height(png, r->info);
  header->bit_depth = png_get_bit_depth(png, r->info);
  header->color_type = png_get_color_type(png, r->info);
  header->interlaced = png_get_interlace_type(png, r->info) != PNG_INTERLACE_NONE;
  header->has_transparency = png_get_valid(png, r->info, PNG_INFO_tRNS) != 0;
  const uint8_t colors = header->color_type & PNG_COLOR_MASK_COLOR ? 3 : 1;
  const bool alpha = header->has_transparency || (header->color_type & PNG_COLOR_MASK_ALPHA) != 0;
  header->natural_channels = colors + (alpha ? 1 : 0);

  const uint64_t pixels = (uint64_t)header->width * header->height;
  if (header->width > r->limits->side || header->height > r->limits->side) {
    cpng_fail(png, CPNG_LIMIT, "%u x %u pixels, and a side may have at most %u", header->width, header->height,
              r->limits->side);
  }
  if (pixels > r->limits->pixels) {
    cpng_fail(png, CPNG_LIMIT, "%u x %u pixels are %llu, and %llu are allowed", header->width, header->height,
              (unsigned long long)pixels, (unsigned long long)r->limits->pixels);
  }
  // Deflate gives at most 1032 bytes for one (258 bytes in 2 bits), so a short file that claims a large image can be
  // refused before memory for the image is taken.
  const uint64_t samples = pixels * png_get_channels(png, r->info);
  const uint64_t stored = header->bit_depth < 8 ? samples / (8 / header->bit_depth) : samples * (header->bit_depth / 8);
  if (stored / 1032 > r->count) {
    cpng_fail(png, CPNG_CORRUPT, "%zu bytes are too few to hold %u x %u pixels", r->count, header->width,
              header->height);
  }
}

static cpng_status guarded_probe(reader *r, cpng_header *header) {
  if (setjmp(png_jmpbuf(r->png))) return r->session.status;
  read_header(r, header);
  return CPNG_OK;
}

cpng_status cpng_probe(const uint8_t *bytes, size_t count, const cpng_limits *limits, cpng_header *header,
                       cpng_report *report) {
  reader r = {.bytes = bytes, .count = count, .limits = limits};
  cpng_session_begin(&r.session, report);
  memset(header, 0, sizeof *header);
  cpng_status status = open_reader(&r);
  if (status == CPNG_OK) status = guarded_probe(&r, header);
  close_reader(&r);
  return status;
}

// Inside the setjmp: palette and transparency into the conversion.
static void read_colors(reader *r, const cpng_header *header, cpng_conversion *conversion) {
  png_bytep alphas = NULL;
  int alpha_count = 0;
  png_color_16p key = NULL;
  if (header->has_transparency) png_get_tRNS(r->png, r->info, &alphas, &alpha_count, &key);
  if (header->color_type == PNG_COLOR_TYPE_PALETTE) {
    png_colorp entries = NULL;
    int count = 0;
    png_get_PLTE(r->png, r->info, &entries, &count);
    conversion->palette_count = (uint16_t)(count < 256 ? count : 256);
    for (int i = 0; i < conversion->palette_count; i++) {
      uint8_t *entry = conversion->palette[i];
      entry[0] = entries[i].red;
      entry[1] = entries[i].green;
      entry[2] = entries[i].blue;
      entry[3] = alphas != NULL && i < alpha_count ? alphas[i] : 255;
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

static void convert_row(reader *r, const cpng_conversion *conversion, const uint8_t *raw, uint32_t y, uint8_t *out) {
  if (!cpng_convert_row(conversion, raw, r->scratch, out)) {
    cpng_fail(r->png, CPNG_CORRUPT, "row %u names a palette entry that is not there", y);
  }
}

static cpng_status guarded_decode(reader *r, cpng_form form, const uint8_t over[3], uint8_t *pixels, size_t count,
                                  cpng_conversion *conversion) {
  if (setjmp(png_jmpbuf(r->png))) return r->session.status;
  png_structp png = r->png;
  cpng_header header;
  read_header(r, &header);
  *conversion = (cpng_conversion){.width = header.width,
                                  .bit_depth = header.bit_depth,
                                  .color_type = header.color_type,
                                  .natural_channels = header.natural_channels,
                                  .form = form,
                                  .over = {over[0], over[1], over[2]}};
  read_colors(r, &header, conversion);

  const uint64_t row_out = (uint64_t)header.width * cpng_channels(conversion);
  if (row_out * header.height != count) {
    cpng_fail(png, CPNG_ARGUMENT, "%u x %u pixels of %u channels do not fill a buffer of %zu bytes", header.width,
              header.height, cpng_channels(conversion), count);
  }
  if (header.bit_depth < 8) png_set_packing(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, r->info);
  const size_t row_in = png_get_rowbytes(png, r->info);
  r->scratch = take(png, (size_t)header.width * 4);

  if (passes == 1) {
    r->raw = take(png, row_in);
    for (uint32_t y = 0; y < header.height; y++) {
      png_read_row(png, r->raw, NULL);
      convert_row(r, conversion, r->raw, y, pixels + y * row_out);
    }
  } else {
    r->raw = take(png, row_in * header.height);
    for (int pass = 0; pass < passes; pass++) {
      for (uint32_t y = 0; y < header.height; y++) png_read_row(png, r->raw + y * row_in, NULL);
    }
    for (uint32_t y = 0; y < header.height; y++) {
      convert_row(r, conversion, r->raw + y * row_in, y, pixels + y * row_out);
    }
  }
  png_read_end(png, NULL);
  return CPNG_OK;
}

cpng_status cpng_decode(const uint8_t *bytes, size_t count, const cpng_limits *limits, cpng_form form,
                        const uint8_t over[3], uint8_t *pixels, size_t pixels_count, cpng_report *report) {
  reader r = {.bytes = bytes, .count = count, .limits = limits};
  cpng_conversion conversion;
  cpng_session_begin(&r.session, report);
  cpng_status status = open_reader(&r);
  if (status == CPNG_OK) status = guarded_decode(&r, form, over, pixels, pixels_count, &conversion);
  close_reader(&r);
  return status;
}
