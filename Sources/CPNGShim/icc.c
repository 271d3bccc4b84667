#include "icc.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "session.h"

enum { header_bytes = 128 };

#define REFUSE(report, ...) (cpng_say(report, "iCCP: " __VA_ARGS__), CPNG_COLOR)

// Inflates until `out` is full; Z_OK, or Z_STREAM_END where the stream ended in good order.
static int fill(z_stream *stream, uint8_t *out, size_t count) {
  stream->next_out = out;
  stream->avail_out = (uInt)count;
  int status = Z_OK;
  while (status == Z_OK && stream->avail_out > 0) status = inflate(stream, Z_NO_FLUSH);
  return status;
}

static cpng_status inflate_profile(z_stream *stream, size_t limit, uint8_t **profile, size_t *count,
                                   cpng_report *report) {
  uint8_t header[header_bytes];
  const int first = fill(stream, header, sizeof header);
  if (first != Z_OK) return REFUSE(report, "its profile is cut short or damaged");
  const size_t size = cpng_read32(header);
  if (size < header_bytes + 4) return REFUSE(report, "its profile states %zu bytes, fewer than a header", size);
  if (size > limit) return REFUSE(report, "its profile states %zu bytes, and %zu are allowed", size, limit);
  *profile = malloc(size);
  if (*profile == NULL) {
    cpng_say(report, "no memory for %zu bytes", size);
    return CPNG_NO_MEMORY;
  }
  memcpy(*profile, header, sizeof header);
  int status = fill(stream, *profile + sizeof header, size - sizeof header);
  // The end of the stream, and with it the checksum, may come only now.
  uint8_t beyond;
  if (status == Z_OK) status = fill(stream, &beyond, 1);
  if (stream->total_out > size) return REFUSE(report, "its profile is longer than the %zu bytes it states", size);
  if (status != Z_STREAM_END || stream->total_out < size) return REFUSE(report, "its profile is cut short or damaged");
  *count = size;
  return CPNG_OK;
}

cpng_status cpng_icc_inflate(cpng_slice iccp, size_t limit, uint8_t **profile, size_t *count, cpng_report *report) {
  // A name of 1 to 79 bytes, a zero, the compression method, the stream (PNG specification, 11.3.2.3).
  const uint8_t *end = memchr(iccp.bytes, 0, iccp.count < 80 ? iccp.count : 80);
  if (end == NULL || end == iccp.bytes) return REFUSE(report, "it has no name");
  const size_t skip = (size_t)(end - iccp.bytes) + 2;
  if (iccp.count < skip || end[1] != 0) return REFUSE(report, "its compression method is unknown");
  // The chunk's length is below 2^32, as zlib needs it.
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)(iccp.bytes + skip), .avail_in = (uInt)(iccp.count - skip)};
  if (inflateInit(&stream) != Z_OK) {
    cpng_say(report, "not enough memory to inflate a profile");
    return CPNG_NO_MEMORY;
  }
  const cpng_status status = inflate_profile(&stream, limit, profile, count, report);
  inflateEnd(&stream);
  return status;
}

// The content of a tag; no bytes where it is missing or lies outside the profile.
static cpng_slice tag(cpng_slice profile, const char *name) {
  const size_t count = cpng_read32(profile.bytes + header_bytes);
  const size_t room = (profile.count - header_bytes - 4) / 12;
  for (size_t i = 0; i < count && i < room; i++) {
    const uint8_t *entry = profile.bytes + header_bytes + 4 + 12 * i;
    const size_t at = cpng_read32(entry + 4), size = cpng_read32(entry + 8);
    if (memcmp(entry, name, 4) != 0) continue;
    if (at > profile.count || size > profile.count - at) break;
    return (cpng_slice){.bytes = profile.bytes + at, .count = size};
  }
  return (cpng_slice){0};
}

static bool is(cpng_slice tag, const char *type, size_t least) {
  return tag.bytes != NULL && tag.count >= least && memcmp(tag.bytes, type, 4) == 0;
}

// s15Fixed16Number (ICC.1, 4.6).
static double fixed(const uint8_t *bytes) { return (double)(int32_t)cpng_read32(bytes) / 65536; }

static bool read_table(cpng_slice tag, cpng_curve *curve) {
  const size_t count = cpng_read32(tag.bytes + 8);
  if (count > (tag.count - 12) / 2) return false;
  if (count < 2) {
    *curve = cpng_power_curve(count == 0 ? 1 : cpng_read16(tag.bytes + 12) / 256.0);
  } else {
    *curve = (cpng_curve){.table = tag.bytes + 12, .count = count};
  }
  return true;
}

// ICC.1, 10.18; a segment that begins at -b/a becomes one that begins at d.
static bool read_parametric(cpng_slice tag, cpng_curve *curve) {
  static const uint8_t counts[] = {1, 3, 4, 5, 7};
  double p[7] = {0};
  const uint32_t type = cpng_read16(tag.bytes + 8);
  if (type > 4 || tag.count < 12 + 4 * (size_t)counts[type]) return false;
  for (int i = 0; i < counts[type]; i++) p[i] = fixed(tag.bytes + 12 + 4 * i);
  *curve = cpng_power_curve(p[0]);
  if (type == 0) return true;
  curve->a = p[1];
  curve->b = p[2];
  if (type <= 2) {
    curve->d = curve->a > 0 ? -curve->b / curve->a : 0;
    curve->e = curve->f = p[3];
  } else {
    curve->c = p[3];
    curve->d = p[4];
    curve->e = p[5];
    curve->f = p[6];
  }
  return true;
}

static cpng_status read_curve(cpng_slice profile, const char *name, cpng_curve *curve, cpng_report *report) {
  const cpng_slice found = tag(profile, name);
  const bool read = is(found, "curv", 12)   ? read_table(found, curve)
                    : is(found, "para", 12) ? read_parametric(found, curve)
                                            : false;
  if (!read) return REFUSE(report, "its profile has no %s curve, or a damaged one", name);
  if (curve->table == NULL && !(curve->g >= 0.01 && curve->g <= 100 && curve->a > 0)) {
    return REFUSE(report, "the %s curve of its profile makes no sense", name);
  }
  return CPNG_OK;
}

static cpng_status read_columns(cpng_slice profile, cpng_matrix *matrix, cpng_report *report) {
  static const char *const names[] = {"rXYZ", "gXYZ", "bXYZ"};
  cpng_matrix columns;
  for (int k = 0; k < 3; k++) {
    const cpng_slice found = tag(profile, names[k]);
    if (!is(found, "XYZ ", 20)) return REFUSE(report, "its profile has no %s, or a damaged one", names[k]);
    for (int i = 0; i < 3; i++) columns.at[i][k] = fixed(found.bytes + 8 + 4 * i);
  }
  *matrix = cpng_d50_to_srgb(&columns);
  return CPNG_OK;
}

static cpng_status check_header(cpng_slice profile, uint32_t colors, cpng_report *report) {
  static const char *const tables[] = {"A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2", "D2B3"};
  const uint8_t *header = profile.bytes;
  if (memcmp(header + 36, "acsp", 4) != 0) return REFUSE(report, "its profile lacks the signature of ICC profiles");
  if (header[8] != 2 && header[8] != 4) return REFUSE(report, "its profile is of version %u, not 2 or 4", header[8]);
  if (memcmp(header + 12, "link", 4) == 0 || memcmp(header + 12, "abst", 4) == 0 ||
      memcmp(header + 12, "nmcl", 4) == 0) {
    return REFUSE(report, "its profile describes no device");
  }
  if (memcmp(header + 16, colors == 1 ? "GRAY" : "RGB ", 4) != 0) {
    return REFUSE(report, "its profile is not for %s, as the image is", colors == 1 ? "gray" : "RGB");
  }
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    if (tag(profile, tables[i]).bytes != NULL) {
      return REFUSE(report, "its profile converts by tables (%s), and only curves and a matrix are supported",
                    tables[i]);
    }
  }
  if (memcmp(header + 20, "XYZ ", 4) != 0) return REFUSE(report, "its profile connects through another space than XYZ");
  return CPNG_OK;
}

cpng_status cpng_icc_read(cpng_slice profile, uint32_t colors, cpng_curve curves[3], cpng_matrix *matrix,
                          cpng_report *report) {
  static const char *const names[] = {"rTRC", "gTRC", "bTRC"};
  cpng_status status = check_header(profile, colors, report);
  if (status != CPNG_OK) return status;
  if (colors == 1) return read_curve(profile, "kTRC", &curves[0], report);
  for (int k = 0; k < 3 && status == CPNG_OK; k++) status = read_curve(profile, names[k], &curves[k], report);
  return status == CPNG_OK ? read_columns(profile, matrix, report) : status;
}
