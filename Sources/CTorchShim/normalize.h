// The loops of batch normalisation over channels-last images, and the statistics of a batch.
#pragma once
#include "pixels.h"

namespace steadfast {

// ---- One chunk: count floats from the start of a pixel on ---------------------------------------------------------

SF_VECTORIZED static void add_values(const float *x, int64_t count, int64_t lanes, float *sums) {
  for (int64_t start = 0; start < count; start += lanes) {
    const int64_t length = std::min(lanes, count - start);
    for (int64_t i = 0; i < length; ++i) sums[i] += x[start + i];
  }
}

SF_VECTORIZED static void add_squares(const float *x, int64_t count, int64_t lanes, const float *mean, float *sums) {
  for (int64_t start = 0; start < count; start += lanes) {
    const int64_t length = std::min(lanes, count - start);
    for (int64_t i = 0; i < length; ++i) {
      const float distance = x[start + i] - mean[i];
      sums[i] += distance * distance;
    }
  }
}

// With g the gradient that passes the ReLU: Σ g and Σ g (x − mean).
SF_VECTORIZED static void add_gradients(const float *x, const float *gradient, int64_t count, int64_t lanes,
                                        const float *scale, const float *shift, const float *mean, float floor,
                                        float *sums, float *products) {
  for (int64_t start = 0; start < count; start += lanes) {
    const int64_t length = std::min(lanes, count - start);
    for (int64_t i = 0; i < length; ++i) {
      const float value = x[start + i] * scale[i] + shift[i];
      const float g = value <= floor ? 0.0f : gradient[start + i];
      sums[i] += g;
      products[i] += g * (x[start + i] - mean[i]);
    }
  }
}

// scale·g, the gradient where the statistics are given.
SF_VECTORIZED static void scale_gradient(const float *x, const float *gradient, int64_t count, int64_t lanes,
                                         const float *scale, const float *shift, float floor, float *result) {
  for (int64_t start = 0; start < count; start += lanes) {
    const int64_t length = std::min(lanes, count - start);
    for (int64_t i = 0; i < length; ++i) {
      const float value = x[start + i] * scale[i] + shift[i];
      result[start + i] = value <= floor ? 0.0f : scale[i] * gradient[start + i];
    }
  }
}

// scale·g − offset − slope·(x − mean), where the statistics move with x.
SF_VECTORIZED static void pull_back(const float *x, const float *gradient, int64_t count, int64_t lanes,
                                    const float *scale, const float *shift, const float *mean, const float *offset,
                                    const float *slope, float floor, float *result) {
  for (int64_t start = 0; start < count; start += lanes) {
    const int64_t length = std::min(lanes, count - start);
    for (int64_t i = 0; i < length; ++i) {
      const float value = x[start + i] * scale[i] + shift[i];
      const float g = value <= floor ? 0.0f : gradient[start + i];
      result[start + i] = scale[i] * g - offset[i] - slope[i] * (x[start + i] - mean[i]);
    }
  }
}

// ---- The whole batch ----------------------------------------------------------------------------------------------

// Mean and sum of squared distances from it, of each channel. Source: Chan, Golub and LeVeque 1983.
struct Moments {
  std::vector<double> mean, squares;

  Moments(const Pixels &pixels, const float *x) : mean(pixels.channels, 0), squares(pixels.channels, 0) {
    const int64_t channels = pixels.channels;
    std::vector<double> means(pixels.chunks * channels), distances(pixels.chunks * channels);
    pixels.each_chunk([&](int64_t chunk) {
      const float *start = x + pixels.offset(chunk);
      const int64_t length = pixels.length(chunk);
      double *own = &means[chunk * channels];
      std::vector<float> sums(pixels.lanes, 0);
      add_values(start, length * channels, pixels.lanes, sums.data());
      pixels.fold(sums, own);
      // Rounded to what the squares are taken from.
      for (int64_t c = 0; c < channels; ++c) own[c] = static_cast<float>(own[c] / static_cast<double>(length));
      const auto center = pixels.spread([&](int64_t c) { return own[c]; });
      std::fill(sums.begin(), sums.end(), 0.0f);
      add_squares(start, length * channels, pixels.lanes, center.data(), sums.data());
      pixels.fold(sums, &distances[chunk * channels]);
    });
    double seen = 0;
    for (int64_t chunk = 0; chunk < pixels.chunks; ++chunk) {
      const double added = static_cast<double>(pixels.length(chunk)), share = added / (seen + added);
      for (int64_t c = 0; c < channels; ++c) {
        const double distance = means[chunk * channels + c] - mean[c];
        mean[c] += distance * share;
        squares[c] += distances[chunk * channels + c] + distance * distance * seen * share;
      }
      seen += added;
    }
  }
};

}  // namespace steadfast
