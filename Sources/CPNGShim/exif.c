#include "exif.h"

#include <stdbool.h>
#include <string.h>

#include "session.h"

static uint32_t two(const uint8_t *bytes, bool little) {
  return little ? (uint32_t)bytes[1] << 8 | bytes[0] : cpng_read16(bytes);
}

static uint32_t four(const uint8_t *bytes, bool little) {
  return little ? two(bytes + 2, true) << 16 | two(bytes, true) : cpng_read32(bytes);
}

// The first directory is a count of entries of 12 bytes: tag, type, count of values, value (TIFF 6.0, section 2).
uint8_t cpng_orientation(cpng_slice exif, cpng_report *report) {
  if (exif.bytes == NULL) return 1;
  const bool little = exif.count >= 8 && memcmp(exif.bytes, "II*\0", 4) == 0;
  const bool big = exif.count >= 8 && memcmp(exif.bytes, "MM\0*", 4) == 0;
  if (!little && !big) {
    cpng_warn(report, "eXIf: damaged (no TIFF header); taken as stored");
    return 1;
  }
  const size_t directory = four(exif.bytes + 4, little);
  if (directory < 8 || exif.count < 2 || directory > exif.count - 2) {
    cpng_warn(report, "eXIf: damaged (its directory lies outside it); taken as stored");
    return 1;
  }
  const uint8_t *entry = exif.bytes + directory + 2;
  const size_t entries = two(exif.bytes + directory, little);
  if (entries * 12 > exif.count - directory - 2) {
    cpng_warn(report, "eXIf: damaged (its directory ends early); taken as stored");
    return 1;
  }
  for (size_t i = 0; i < entries; i++, entry += 12) {
    if (two(entry, little) != 274) continue;
    const uint32_t value = two(entry + 8, little);
    if (two(entry + 2, little) == 3 && four(entry + 4, little) == 1 && value >= 1 && value <= 8) return (uint8_t)value;
    cpng_warn(report, "eXIf: damaged (its orientation is not one of 1 to 8); taken as stored");
    return 1;
  }
  return 1;
}

cpng_placement cpng_place(uint8_t orientation, uint32_t width, uint32_t height, size_t pixel_bytes) {
  const bool swaps = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const ptrdiff_t pixel = (ptrdiff_t)pixel_bytes;
  const ptrdiff_t row = pixel * (ptrdiff_t)(swaps ? height : width);
  const ptrdiff_t across = swaps ? row : pixel;
  const ptrdiff_t down = swaps ? pixel : row;
  cpng_placement place = {.start = 0, .across = across, .down = down};
  if (from_right) {
    place.start += across * (ptrdiff_t)(width - 1);
    place.across = -across;
  }
  if (from_below) {
    place.start += down * (ptrdiff_t)(height - 1);
    place.down = -down;
  }
  return place;
}

void cpng_place_row(const uint8_t *row, uint32_t width, size_t pixel_bytes, uint8_t *out, ptrdiff_t across) {
  for (uint32_t x = 0; x < width; x++) memcpy(out + (ptrdiff_t)x * across, row + x * pixel_bytes, pixel_bytes);
}
