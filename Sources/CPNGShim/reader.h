// A PNG file in memory on its way through libpng, up to the first pixel.

#ifndef CPNG_READER_H
#define CPNG_READER_H

#include <stdbool.h>

#include "chunks.h"
#include "color.h"
#include "session.h"

typedef struct cpng_reader {
  cpng_session session;
  const uint8_t *bytes;
  size_t count;
  size_t at;
  const cpng_limits *limits;
  png_structp png;
  png_infop info;
  cpng_ancillary ancillary;  // where colour or orientation count
  cpng_color *color;         // NULL: samples as stored
  uint8_t *raw;              // one row, or the whole image where it is interlaced
  uint8_t *scratch;          // the conversion's, and one result row where rows are turned
} cpng_reader;

// Checks the signature and makes libpng's structures; after any outcome cpng_close_reader frees what was taken.
cpng_status cpng_open_reader(cpng_reader *r);
void cpng_close_reader(cpng_reader *r);

// Inside the setjmp: everything up to the first IDAT, and the limits.
void cpng_read_header(cpng_reader *r, bool upright, cpng_header *header);

#endif
