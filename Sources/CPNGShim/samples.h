// Samples in memory: 8 bits, or 16 in the machine's byte order and of any alignment.

#ifndef CPNG_SAMPLES_H
#define CPNG_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t cpng_maximum(bool wide) { return wide ? 65535 : 255; }

static inline uint32_t cpng_get(const uint8_t *samples, size_t index, bool wide) {
  if (!wide) return samples[index];
  uint16_t value;
  memcpy(&value, samples + 2 * index, 2);
  return value;
}

static inline void cpng_put(uint8_t *samples, size_t index, uint32_t value, bool wide) {
  if (wide) {
    const uint16_t sample = (uint16_t)value;
    memcpy(samples + 2 * index, &sample, 2);
  } else {
    samples[index] = (uint8_t)value;
  }
}

// The nearest 8-bit value: round(v * 255 / 65535), exactly.
static inline uint8_t cpng_from16(uint32_t value) { return (uint8_t)((value * 255 + 32767) / 65535); }

#endif
