#include <stdlib.h>
#include <string.h>

#include "session.h"

typedef struct writer {
  cpng_session session;
  png_structp png;
  png_infop info;
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} writer;

static void write_bytes(png_structp png, png_bytep bytes, png_size_t count) {
  writer *w = png_get_io_ptr(png);
  if (count > w->capacity - w->count) {
    const size_t capacity = 2 * (w->count + count);
    uint8_t *larger = realloc(w->bytes, capacity);
    if (larger == NULL) cpng_fail(png, CPNG_NO_MEMORY, "no memory for %zu bytes", capacity);
    w->bytes = larger;
    w->capacity = capacity;
  }
  memcpy(w->bytes + w->count, bytes, count);
  w->count += count;
}

static void flush_bytes(png_structp png) { (void)png; }

static cpng_status guarded_encode(writer *w, const uint8_t *pixels, uint32_t width, uint32_t height,
                                  uint32_t channels, uint32_t depth) {
  static const int color_types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                    PNG_COLOR_TYPE_RGB_ALPHA};
  if (setjmp(png_jmpbuf(w->png))) return w->session.status;
  png_structp png = w->png;
  png_set_write_fn(png, w, write_bytes, flush_bytes);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(png, w->info, width, height, (int)depth, color_types[channels - 1], PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // Named rather than left to defaults, which have changed between versions.
  png_set_compression_level(png, 6);
  png_set_compression_strategy(png, 0);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE | PNG_FILTER_SUB | PNG_FILTER_UP | PNG_FILTER_PAETH);
  png_write_info(png, w->info);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (depth == 16) png_set_swap(png);
#endif
  const size_t row = (size_t)width * channels * (depth / 8);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, pixels + y * row);
  png_write_end(png, NULL);
  return CPNG_OK;
}

cpng_status cpng_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, uint32_t depth,
                        uint8_t **bytes, size_t *count, cpng_report *report) {
  writer w = {0};
  cpng_session_begin(&w.session, report);
  *bytes = NULL;
  *count = 0;
  if (channels < 1 || channels > 4 || (depth != 8 && depth != 16)) {
    cpng_say(report, "%u channels of %u bits, and there may be 1 to 4 of 8 or 16", channels, depth);
    return CPNG_ARGUMENT;
  }
  w.session.status = CPNG_ARGUMENT;
  w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w.session, cpng_on_error, cpng_on_warning);
  if (w.png != NULL) w.info = png_create_info_struct(w.png);
  cpng_status status = CPNG_NO_MEMORY;
  if (w.info != NULL) {
    status = guarded_encode(&w, pixels, width, height, channels, depth);
  } else {
    cpng_say(report, "not enough memory, or libpng differs from the one this was built with");
  }
  png_destroy_write_struct(&w.png, &w.info);
  if (status == CPNG_OK) {
    *bytes = w.bytes;
    *count = w.count;
  } else {
    free(w.bytes);
  }
  return status;
}

void cpng_free(uint8_t *bytes) { free(bytes); }
