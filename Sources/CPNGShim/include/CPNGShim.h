// A narrow C interface to libpng.
//
// libpng reports errors by longjmp. Every call of it is made inside one setjmp in this target, so that no jump ever
// crosses a frame of the caller. Each function returns a status, says why in `cpng_report`, prints nothing and frees
// everything it took, whatever happens.

#ifndef CPNG_SHIM_H
#define CPNG_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef enum cpng_status {
  CPNG_OK = 0,
  CPNG_NOT_PNG = 1,    // the bytes do not begin with the PNG signature
  CPNG_CORRUPT = 2,    // a PNG that breaks the format: bad checksum, early end, impossible values
  CPNG_LIMIT = 3,      // well formed as far as seen, but larger than the limits given
  CPNG_NO_MEMORY = 4,  // an allocation failed
  CPNG_ARGUMENT = 5,   // the caller's buffer or sizes do not fit the image
} cpng_status;

// What the samples become.
typedef enum cpng_form {
  CPNG_NATURAL = 0,  // gray 1, gray + alpha 2, RGB 3, RGB + alpha 4 channels; a palette becomes RGB or RGB + alpha
  CPNG_GRAY = 1,     // 1 channel
  CPNG_RGB = 2,      // 3 channels
} cpng_form;

typedef struct cpng_limits {
  uint32_t side;          // most pixels along one side
  uint64_t pixels;        // most pixels in all
  uint32_t cached_chunks; // most ancillary chunks that libpng may keep
  size_t chunk_bytes;     // most bytes of one chunk other than IDAT
} cpng_limits;

typedef struct cpng_header {
  uint32_t width;
  uint32_t height;
  uint8_t bit_depth;
  uint8_t color_type;  // 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGB + alpha
  uint8_t interlaced;
  uint8_t has_transparency;  // a tRNS chunk
  uint8_t natural_channels;  // channels under CPNG_NATURAL
} cpng_header;

typedef struct cpng_report {
  char message[240];   // why the call failed; empty after success
  char warnings[480];  // what libpng found odd, separated by "; "; cut off when full
  uint32_t warning_count;
} cpng_report;

// Reads up to the first IDAT chunk. Allocates nothing that grows with the image.
cpng_status cpng_probe(const uint8_t *bytes, size_t count, const cpng_limits *limits, cpng_header *header,
                       cpng_report *report);

// Decodes a whole file of `count` bytes to 8-bit samples, height x width x channels, rows from the top.
//
// `pixels_count` must be exactly width * height * channels of the form. A form without alpha blends onto `over` (red,
// green, blue). The file must be complete up to and with IEND; bytes after that are ignored. On failure the content of
// `pixels` is unspecified.
cpng_status cpng_decode(const uint8_t *bytes, size_t count, const cpng_limits *limits, cpng_form form,
                        const uint8_t over[3], uint8_t *pixels, size_t pixels_count, cpng_report *report);

// Encodes 8-bit samples with 1 to 4 channels into a new buffer, to be given back with cpng_free.
// The same pixels give the same bytes for one version of libpng and zlib.
cpng_status cpng_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, uint8_t **bytes,
                        size_t *count, cpng_report *report);

void cpng_free(uint8_t *bytes);

#endif
