#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "exif.h"

static void read_bytes(png_structp png, png_bytep out, png_size_t wanted) {
  cpng_reader *r = png_get_io_ptr(png);
  if (wanted > r->count - r->at) cpng_fail(png, CPNG_CORRUPT, "the file ends early, after %zu bytes", r->count);
  memcpy(out, r->bytes + r->at, wanted);
  r->at += wanted;
}

cpng_status cpng_open_reader(cpng_reader *r) {
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

void cpng_close_reader(cpng_reader *r) {
  png_destroy_read_struct(&r->png, &r->info, NULL);
  cpng_color_free(r->color);
  free(r->raw);
  free(r->scratch);
}

void cpng_read_header(cpng_reader *r, bool upright, cpng_header *header) {
  png_structp png = r->png;
  png_set_read_fn(png, r, read_bytes);
  // Ours are checked below, with a message that says the size.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_cache_max(png, r->limits->cached_chunks);
  png_set_chunk_malloc_max(png, r->limits->chunk_bytes);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // No ancillary chunk but tRNS is parsed or inflated by libpng; the few that can count are found beside it.
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
  header->orientation = upright ? cpng_orientation(r->ancillary.exif, r->session.report) : 1;

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

static cpng_status guarded_probe(cpng_reader *r, bool upright, cpng_header *header) {
  if (setjmp(png_jmpbuf(r->png))) return r->session.status;
  cpng_read_header(r, upright, header);
  return CPNG_OK;
}

cpng_status cpng_probe(const uint8_t *bytes, size_t count, const cpng_limits *limits, uint8_t upright,
                       cpng_header *header, cpng_report *report) {
  cpng_reader r = {.bytes = bytes, .count = count, .limits = limits};
  cpng_session_begin(&r.session, report);
  memset(header, 0, sizeof *header);
  cpng_status status = cpng_open_reader(&r);
  if (status == CPNG_OK) {
    if (upright) r.ancillary = cpng_find_ancillary(bytes, count, report);
    status = guarded_probe(&r, upright, header);
  }
  cpng_close_reader(&r);
  return status;
}
