// Channels-last fp32 images on the CPU as rows of pixels, and what the kernels that walk over them share. Per-channel
// values are repeated over `lanes` floats, a whole number of pixels, so that the inner loops are long whatever the
// number of channels.
#pragma once
#include <algorithm>
#include <numeric>
#include <vector>

#include "parallel.h"

namespace steadfast {

// y = max(scale·x + shift, floor). The floor of no ReLU is NaN, which nothing lies below. NaN stays NaN.
SF_VECTORIZED static void transform(const float *x, int64_t count, int64_t lanes, const float *scale,
                                    const float *shift, float floor, float *y) {
  for (int64_t start = 0; start < count; start += lanes) {
    const int64_t length = std::min(lanes, count - start);
    for (int64_t i = 0; i < length; ++i) {
      const float value = x[start + i] * scale[i] + shift[i];
      y[start + i] = value < floor ? floor : value;
    }
  }
}

// A batch as a row of pixels of C channels, cut into chunks.
class Pixels {
 public:
  explicit Pixels(const at::Tensor &x) : channels(x.size(1)), count(x.numel() / channels) {
    // At least 64 floats, and a multiple of 16, unless a pixel has that many by itself.
    int64_t repeats = 1;
    if (channels < 64) {
      repeats = 16 / std::gcd(channels, int64_t(16));
      while (repeats * channels < 64) repeats *= 2;
    }
    lanes = repeats * channels;
    per_chunk = std::max<int64_t>(64, 4096 / lanes) * repeats;
    chunks = (count + per_chunk - 1) / per_chunk;
  }

  int64_t channels, count, lanes, per_chunk, chunks;

  int64_t length(int64_t chunk) const { return std::min(per_chunk, count - chunk * per_chunk); }
  int64_t offset(int64_t chunk) const { return chunk * per_chunk * channels; }

  // body(chunk) for every chunk.
  template <class Body> void each_chunk(const Body &body) const { each_index(chunks, 8, body); }

  // A per-channel value, once for each lane.
  template <class Value> std::vector<float> spread(const Value &value) const {
    std::vector<float> result(lanes);
    for (int64_t i = 0; i < lanes; ++i) result[i] = static_cast<float>(value(i % channels));
    return result;
  }

  // Lanes added up to channels, in double precision.
  void fold(const std::vector<float> &sums, double *result) const {
    for (int64_t c = 0; c < channels; ++c) result[c] = 0;
    for (int64_t i = 0; i < lanes; ++i) result[i % channels] += sums[i];
  }
};

// Whether these are fp32 numbers, one for each channel, in order in memory.
inline bool fits(const at::Tensor &values, int64_t channels) {
  return values.defined() && values.is_cpu() && values.scalar_type() == at::kFloat && values.is_contiguous() &&
         values.numel() == channels;
}

// Whether these are images that the kernels above can walk over.
inline bool fits(const at::Tensor &images) {
  return images.is_cpu() && images.dim() == 4 && images.scalar_type() == at::kFloat && images.numel() > 0 &&
         images.is_contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace steadfast
