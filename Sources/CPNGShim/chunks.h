// The ancillary chunks that colour and orientation need, found in the file's bytes.
//
// libpng is told to skip them, so that it stores and inflates nothing. It still checks their checksums.

#ifndef CPNG_CHUNKS_H
#define CPNG_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

#include "CPNGShim.h"

// A chunk's content; `bytes` is NULL where the file has none.
typedef struct cpng_slice {
  const uint8_t *bytes;
  size_t count;
} cpng_slice;

typedef struct cpng_ancillary {
  cpng_slice cicp, iccp, srgb, gama, chrm;  // before the first IDAT
  cpng_slice exif;                          // anywhere
} cpng_ancillary;

// Finds the chunks of a file that begins with the PNG signature. Of two of one kind the first counts.
cpng_ancillary cpng_find_ancillary(const uint8_t *bytes, size_t count, cpng_report *report);

// Values of PNG and ICC: high byte first.
static inline uint32_t cpng_read16(const uint8_t *bytes) { return (uint32_t)bytes[0] << 8 | bytes[1]; }

static inline uint32_t cpng_read32(const uint8_t *bytes) {
  return cpng_read16(bytes) << 16 | cpng_read16(bytes + 2);
}

#endif
