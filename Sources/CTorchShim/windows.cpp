#include "windows.h"

#include "outputgradient.h"
#include "parallel.h"

#if defined(__x86_64__)

using namespace steadfast;

namespace {

// Sizes of one image, its output and the kernel; all in rows, columns and channels.
struct Windows {
  int64_t height, width, channels;
  int64_t out_height, out_width, out_channels;
  int64_t kernel_height, kernel_width;
  int64_t stride_y, stride_x, padding_y, padding_x;
  // Of a window in floats, and rounded up to whole vectors.
  int64_t size() const { return kernel_height * kernel_width * channels; }
  int64_t padded_size() const { return (size() + lanes - 1) / lanes * lanes; }
};

SF_KERNEL void add(const float *from, int64_t count, float *to) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store(to + i, load(to + i) + load(from + i));
#pragma clang loop vectorize(disable)
  for (; i < count; ++i) to[i] += from[i];
}

// What of the window of the output pixel in one row and column lies inside the image.
SF_KERNEL void add_window(const float *window, const Windows &sizes, int64_t row, int64_t column, float *dx) {
  const int64_t top = row * sizes.stride_y - sizes.padding_y, left = column * sizes.stride_x - sizes.padding_x;
  const int64_t first = std::max<int64_t>(0, -left), last = std::min(sizes.kernel_width, sizes.width - left);
  if (first >= last) return;
  for (int64_t i = std::max<int64_t>(0, -top); i < std::min(sizes.kernel_height, sizes.height - top); ++i) {
    add(window + (i * sizes.kernel_width + first) * sizes.channels, (last - first) * sizes.channels,
        dx + ((top + i) * sizes.width + left + first) * sizes.channels);
  }
}

// The gradients of some pixels as a matrix; zeros where the output is not above 0.
SF_KERNEL void copy_passed(const float *gradient, const float *output, int64_t count, float *to) {
  if (output == nullptr) {
    std::copy_n(gradient, count, to);
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = output[i] <= 0 ? 0 : gradient[i];
  }
}

// The gradient of one image.
//
// - kernels: K × size, each row padded.
// - room: for a dozen pixels and their windows.
SF_AVX512 void write_image(const float *gradient, const float *output, const float *kernels, const Windows &sizes,
                           float *room, float *dx) {
  const int64_t size = sizes.padded_size(), pixels = sizes.out_height * sizes.out_width, inner = sizes.out_channels;
  float *left = room, *windows = room + rows * inner;
  int64_t row = 0, column = 0;
  std::fill_n(dx, sizes.height * sizes.width * sizes.channels, 0.0f);
  for (int64_t pixel = 0; pixel < pixels; pixel += rows) {
    const int64_t count = std::min<int64_t>(rows, pixels - pixel), first = pixel * inner;
    copy_passed(gradient + first, output ? output + first : nullptr, count * inner, left);
    multiply(left, kernels, inner, size, windows);
    for (int64_t i = 0; i < count; ++i) {
      add_window(windows + i * size, sizes, row, column, dx);
      if (++column == sizes.out_width) ++row, column = 0;
    }
  }
}

}  // namespace

std::optional<at::Tensor> steadfast::gradient_by_windows(const at::Tensor &gradient, const at::Tensor &weight,
                                                         at::IntArrayRef shape, at::IntArrayRef stride,
                                                         at::IntArrayRef padding, const at::Tensor &output) {
  if (!OutputGradient::fits(gradient)) return std::nullopt;
  const Windows sizes{shape[2],       shape[3],       shape[1],  gradient.size(2), gradient.size(3), gradient.size(1),
                      weight.size(2), weight.size(3), stride[0], stride[1],        padding[0],       padding[1]};
  const OutputGradient dy(gradient, output);
  const auto matrix = weight.permute({0, 2, 3, 1}).reshape({sizes.out_channels, sizes.size()});
  const auto kernels = at::constant_pad_nd(matrix, {0, sizes.padded_size() - sizes.size()}).contiguous();
  auto dx = at::empty(shape, dy.options(), at::MemoryFormat::ChannelsLast);

  const auto *slopes = dy.slopes(), *answers = dy.answers();
  const auto *factors = kernels.const_data_ptr<float>();
  auto *written = dx.mutable_data_ptr<float>();
  const int64_t answer = sizes.out_height * sizes.out_width * sizes.out_channels;
  const int64_t image = sizes.height * sizes.width * sizes.channels;
  each_index(shape[0], std::max<int64_t>(1, (1 << 18) / (answer * sizes.size() + 1)), [&](int64_t index) {
    float *room = room_for(rows * (sizes.out_channels + sizes.padded_size()));
    write_image(slopes + index * answer, answers ? answers + index * answer : nullptr, factors, sizes, room,
                written + index * image);
  });
  return dx;
}

#else

std::optional<at::Tensor> steadfast::gradient_by_windows(const at::Tensor &, const at::Tensor &, at::IntArrayRef,
                                                         at::IntArrayRef, at::IntArrayRef, const at::Tensor &) {
  return std::nullopt;
}

#endif
