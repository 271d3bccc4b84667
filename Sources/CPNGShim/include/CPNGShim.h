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
  CPNG_COLOR = 6,      // what it says of its colours is damaged or not supported
} cpng_status;

// Which channels the samples become.
typedef enum cpng_form {
  CPNG_NATURAL = 0,     // gray 1, gray + alpha 2, RGB 3, RGB + alpha 4 channels; a palette becomes RGB or RGB + alpha
  CPNG_GRAY = 1,        // 1 channel
  CPNG_RGB = 2,         // 3 channels
  CPNG_GRAY_ALPHA = 3,  // 2 channels; opaque where the file has no transparency
  CPNG_RGB_ALPHA = 4,   // 4 channels
} cpng_form;

// What the samples become, in this order: sRGB at will, the form and depth, the orientation at will.
typedef struct cpng_options {
  cpng_form form;
  uint8_t depth;    // of the result: 8, or 16 in the machine's byte order
  uint8_t over[3];  // red, green, blue, onto which a form without alpha blends
  uint8_t srgb;     // whether cICP, iCCP, sRGB, gAMA and cHRM count
  uint8_t upright;  // whether eXIf counts
} cpng_options;

typedef struct cpng_limits {
  uint32_t side;          // most pixels along one side
  uint64_t pixels;        // most pixels in all
  uint32_t cached_chunks; // most ancillary chunks that libpng may keep
  size_t chunk_bytes;     // most bytes of one chunk that libpng keeps, and of an ICC profile once inflated
} cpng_limits;

typedef struct cpng_header {
  uint32_t width;
  uint32_t height;
  uint8_t bit_depth;
  uint8_t color_type;  // 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGB + alpha
  uint8_t interlaced;
  uint8_t has_transparency;  // a tRNS chunk
  uint8_t natural_channels;  // channels under CPNG_NATURAL
  uint8_t orientation;       // of eXIf where it counts, else 1; 5 to 8 swap the sides of the result
} cpng_header;

typedef struct cpng_report {
  char message[240];   // why the call failed; empty after success
  char warnings[480];  // what libpng found odd, separated by "; "; cut off when full
  uint32_t warning_count;
} cpng_report;

// Reads up to the first IDAT chunk, and with `upright` looks for an eXIf chunk in the whole file. Allocates nothing
// that grows with the image.
cpng_status cpng_probe(const uint8_t *bytes, size_t count, const cpng_limits *limits, uint8_t upright,
                       cpng_header *header, cpng_report *report);

// Decodes a whole file of `count` bytes to height x width x channels samples, rows from the top.
//
// `pixels_count` must be exactly the bytes of the result. The file must be complete up to and with IEND; bytes after
// that are ignored. On failure the content of `pixels` is unspecified.
cpng_status cpng_decode(const uint8_t *bytes, size_t count, const cpng_limits *limits, const cpng_options *options,
                        uint8_t *pixels, size_t pixels_count, cpng_report *report);

// Encodes samples of 8 bits, or of 16 in the machine's byte order, with 1 to 4 channels into a new buffer, to be given
// back with cpng_free. The same pixels give the same bytes for one version of libpng and zlib.
cpng_status cpng_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, uint32_t depth,
                        uint8_t **bytes, size_t *count, cpng_report *report);

void cpng_free(uint8_t *bytes);

#endif
