#include "chunks.h"

#include <stdbool.h>
#include <string.h>

#include "session.h"

static void keep(cpng_slice *place, const uint8_t *chunk, size_t count, cpng_report *report) {
  if (place->bytes != NULL) {
    cpng_warn(report, "more than one %.4s chunk; the first counts", (const char *)chunk + 4);
  } else {
    *place = (cpng_slice){.bytes = chunk + 8, .count = count};
  }
}

cpng_ancillary cpng_find_ancillary(const uint8_t *bytes, size_t count, cpng_report *report) {
  cpng_ancillary found = {0};
  bool before_pixels = true;
  size_t at = 8;
  // A chunk is its length, its kind, its content and its checksum.
  while (count >= 12 && at <= count - 12) {
    const uint8_t *chunk = bytes + at;
    const size_t length = cpng_read32(chunk);
    if (length > count - at - 12 || memcmp(chunk + 4, "IEND", 4) == 0) break;
    if (memcmp(chunk + 4, "IDAT", 4) == 0) before_pixels = false;
    cpng_slice *place = NULL;
    if (memcmp(chunk + 4, "eXIf", 4) == 0) place = &found.exif;
    if (before_pixels) {
      if (memcmp(chunk + 4, "cICP", 4) == 0) place = &found.cicp;
      if (memcmp(chunk + 4, "iCCP", 4) == 0) place = &found.iccp;
      if (memcmp(chunk + 4, "sRGB", 4) == 0) place = &found.srgb;
      if (memcmp(chunk + 4, "gAMA", 4) == 0) place = &found.gama;
      if (memcmp(chunk + 4, "cHRM", 4) == 0) place = &found.chrm;
    }
    if (place != NULL) keep(place, chunk, length, report);
    at += length + 12;
  }
  return found;
}
