#include "winograd.h"

#include "outputgradient.h"
#include "parallel.h"

#if defined(__x86_64__)
#include <atomic>

using namespace steadfast;

namespace {

constexpr int side = 4, window = 6, products = window * window;
// Tiles that are transformed together.
constexpr int block = 48;
static_assert(block % rows == 0);

// The transforms of the points 0, 1, -1, 2, -2 and infinity, along one axis: of pixels, of products, of a kernel.
SF_KERNEL void transform_pixels(const Lanes d[window], Lanes out[window]) {
  const Lanes even = d[4] - all(4) * d[2], odd = d[3] - all(4) * d[1];
  const Lanes even2 = d[4] - d[2], odd2 = all(2) * (d[3] - d[1]);
  out[0] = all(4) * d[0] - all(5) * d[2] + d[4];
  out[1] = even + odd;
  out[2] = even - odd;
  out[3] = even2 + odd2;
  out[4] = even2 - odd2;
  out[5] = all(4) * d[1] - all(5) * d[3] + d[5];
}

SF_KERNEL void transform_products(const Lanes m[window], Lanes out[side]) {
  const Lanes sum = m[1] + m[2], difference = m[1] - m[2], sum2 = m[3] + m[4], difference2 = m[3] - m[4];
  out[0] = m[0] + sum + sum2;
  out[1] = difference + all(2) * difference2;
  out[2] = sum + all(4) * sum2;
  out[3] = difference + all(8) * difference2 + m[5];
}

SF_KERNEL void transform_kernel(const Lanes g[3], Lanes out[window]) {
  const Lanes near = (g[0] + g[2]) * all(-1.0f / 6), far = g[0] * all(1.0f / 24) + g[2] * all(1.0f / 6);
  out[0] = g[0] * all(1.0f / 4);
  out[1] = near - g[1] * all(1.0f / 6);
  out[2] = near + g[1] * all(1.0f / 6);
  out[3] = far + g[1] * all(1.0f / 12);
  out[4] = far - g[1] * all(1.0f / 12);
  out[5] = g[2];
}

struct Images {
  int64_t count, height, width;
  int64_t down() const { return (height + side - 1) / side; }
  int64_t across() const { return (width + side - 1) / side; }
  int64_t tiles() const { return count * down() * across(); }
};

// A tile's place: its image, and the row and column of its first pixel.
struct Tile {
  int64_t image, y, x;
  Tile(const Images &images, int64_t index)
      : image(index / (images.down() * images.across())),
        y(index / images.across() % images.down() * side),
        x(index % images.across() * side) {}
};

// A transformed matrix beside the next would begin at the same place of the cache: one line between them.
constexpr int64_t gap = lanes;

// The kernels, turned by half a turn and with inputs in place of outputs: 36 matrices from K to C channels.
SF_AVX512 void transform_kernels(const float *weight, const int64_t strides[4], int64_t from, int64_t to, float *out) {
  for (int64_t k = 0; k < from; ++k) {
    for (int64_t c = 0; c < to; c += lanes) {
      Lanes columns[3][window];
      SF_UNROLLED for (int x = 0; x < 3; ++x) {
        Lanes taps[3];
        SF_UNROLLED for (int y = 0; y < 3; ++y) {
          const float *tap = weight + k * strides[0] + c * strides[1] + (2 - y) * strides[2] + (2 - x) * strides[3];
          for (int lane = 0; lane < lanes; ++lane) taps[y][lane] = tap[lane * strides[1]];
        }
        transform_kernel(taps, columns[x]);
      }
      SF_UNROLLED for (int i = 0; i < window; ++i) {
        const Lanes row[3] = {columns[0][i], columns[1][i], columns[2][i]};
        Lanes values[window];
        transform_kernel(row, values);
        SF_UNROLLED for (int j = 0; j < window; ++j) store(out + ((i * window + j) * from + k) * to + c, values[j]);
      }
    }
  }
}

// One tile's pixels with the ring around them; zeros beyond the image, and where the output is not above 0.
template <bool masked>
SF_KERNEL void transform_tile(const float *gradient, const float *output, const Images &images, const Tile &tile,
                              int64_t channels, float *out, int64_t stride) {
  __mmask16 down[window], across[window];
  SF_UNROLLED for (int i = 0; i < window; ++i) {
    down[i] = uint64_t(tile.y + i - 1) < uint64_t(images.height) ? 0xFFFF : 0;
    across[i] = uint64_t(tile.x + i - 1) < uint64_t(images.width) ? 0xFFFF : 0;
  }
  const int64_t line = images.width * channels;
  const int64_t corner = ((tile.image * images.height + tile.y - 1) * images.width + tile.x - 1) * channels;
  for (int64_t k = 0; k < channels; k += lanes) {
    Lanes columns[window][window];
    SF_UNROLLED for (int j = 0; j < window; ++j) {
      Lanes pixels[window];
      SF_UNROLLED for (int i = 0; i < window; ++i) {
        __mmask16 there = down[i] & across[j];
        const int64_t place = corner + i * line + j * channels + k;
        if (masked) {
          const auto values = _mm512_maskz_loadu_ps(there, output + place);
          there = _mm512_mask_cmp_ps_mask(there, values, _mm512_setzero_ps(), _CMP_NLE_UQ);
        }
        pixels[i] = (Lanes)_mm512_maskz_loadu_ps(there, gradient + place);
      }
      transform_pixels(pixels, columns[j]);
    }
    SF_UNROLLED for (int i = 0; i < window; ++i) {
      const Lanes row[window] = {columns[0][i], columns[1][i], columns[2][i],
                                 columns[3][i], columns[4][i], columns[5][i]};
      Lanes values[window];
      transform_pixels(row, values);
      SF_UNROLLED for (int j = 0; j < window; ++j) store(out + (i * window + j) * stride + k, values[j]);
    }
  }
}

// One tile's gradient; whether all of it is finite.
SF_KERNEL bool write_tile(const float *in, int64_t stride, const Images &images, const Tile &tile, int64_t channels,
                          float *dx) {
  __mmask16 infinite = 0;
  for (int64_t c = 0; c < channels; c += lanes) {
    Lanes columns[window][side];
    SF_UNROLLED for (int j = 0; j < window; ++j) {
      Lanes column[window];
      SF_UNROLLED for (int i = 0; i < window; ++i) column[i] = load(in + (i * window + j) * stride + c);
      transform_products(column, columns[j]);
    }
    SF_UNROLLED for (int i = 0; i < side; ++i) {
      if (tile.y + i >= images.height) break;
      const Lanes row[window] = {columns[0][i], columns[1][i], columns[2][i],
                                 columns[3][i], columns[4][i], columns[5][i]};
      Lanes values[side];
      transform_products(row, values);
      SF_UNROLLED for (int j = 0; j < side; ++j) {
        if (tile.x + j >= images.width) break;
        // NaN for infinities and NaN, 0 for everything else.
        const Lanes rest = values[j] * Lanes{};
        infinite |= _mm512_cmp_ps_mask((__m512)rest, _mm512_setzero_ps(), _CMP_UNORD_Q);
        store(dx + ((tile.image * images.height + tile.y + i) * images.width + tile.x + j) * channels + c, values[j]);
      }
    }
  }
  return infinite == 0;
}

// The gradients of a block of tiles; whether all of them are finite.
//
// - room: for the transforms of pixels and then of products.
template <bool masked>
SF_AVX512 bool write_block(const float *gradient, const float *output, const float *kernels, const Images &images,
                           int64_t first, int64_t count, int64_t from, int64_t to, float *room, float *dx) {
  const int64_t pixel_stride = block * from + gap, product_stride = block * to + gap;
  float *pixels = room, *multiplied = room + products * pixel_stride;
  for (int64_t t = 0; t < count; ++t) {
    transform_tile<masked>(gradient, output, images, Tile(images, first + t), from, pixels + t * from, pixel_stride);
  }
  for (int p = 0; p < products; ++p) {
    for (int64_t t = 0; t < count; t += rows) {
      multiply(pixels + p * pixel_stride + t * from, kernels + p * from * to, from, to,
               multiplied + p * product_stride + t * to);
    }
  }
  bool finite = true;
  for (int64_t t = 0; t < count; ++t) {
    finite &= write_tile(multiplied + t * to, product_stride, images, Tile(images, first + t), to, dx);
  }
  return finite;
}

// More kernels than these are, transformed, too large for a cache.
constexpr int64_t most_kernels = 256 * 256;

// Whether the way pays: most of the tiles lie inside the images, and there are enough of them to share the kernels.
bool fits(const at::Tensor &gradient, const at::Tensor &weight) {
  if (!OutputGradient::fits(gradient)) return false;
  const Images images{gradient.size(0), gradient.size(2), gradient.size(3)};
  return weight.size(0) % lanes == 0 && weight.size(1) % lanes == 0 &&
         weight.size(0) * weight.size(1) <= most_kernels && images.tiles() >= 2 * rows &&
         2 * side * side * images.down() * images.across() <= 3 * images.height * images.width;
}

}  // namespace

std::optional<at::Tensor> steadfast::winograd_gradient(const at::Tensor &gradient, const at::Tensor &weight,
                                                       const at::Tensor &output) {
  if (!fits(gradient, weight)) return std::nullopt;
  const OutputGradient dy(gradient, output);
  const Images images{dy.size(0), dy.size(2), dy.size(3)};
  const int64_t from = weight.size(0), to = weight.size(1);

  const auto kernels = at::empty({products, from, to}, dy.options());
  auto dx = at::empty({images.count, to, images.height, images.width}, dy.options(), at::MemoryFormat::ChannelsLast);
  transform_kernels(weight.const_data_ptr<float>(), weight.strides().data(), from, to,
                    kernels.mutable_data_ptr<float>());

  const auto *slopes = dy.slopes(), *answers = dy.answers();
  const auto *factors = kernels.const_data_ptr<float>();
  auto *written = dx.mutable_data_ptr<float>();
  std::atomic<bool> finite = true;
  each_index((images.tiles() + block - 1) / block, 1, [&](int64_t index) {
    const int64_t first = index * block, count = std::min<int64_t>(block, images.tiles() - first);
    float *room = room_for(products * (block * (from + to) + 2 * gap));
    const auto write = answers ? write_block<true> : write_block<false>;
    if (!write(slopes, answers, factors, images, first, count, from, to, room, written)) finite = false;
  });
  return finite ? std::optional<at::Tensor>(dx) : std::nullopt;
}

#else

std::optional<at::Tensor> steadfast::winograd_gradient(const at::Tensor &, const at::Tensor &, const at::Tensor &) {
  return std::nullopt;
}

#endif
