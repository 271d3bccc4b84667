#include <torch/csrc/autograd/custom_function.h>

#include "guard.h"
#include "pixels.h"

using namespace steadfast;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// The transpose of `rows` rows of `columns` floats each.
SF_VECTORIZED void transpose(const float *from, int64_t rows, int64_t columns, float *to) {
  for (int64_t column = 0; column < columns; ++column) {
    for (int64_t row = 0; row < rows; ++row) to[column * rows + row] = from[row * columns + column];
  }
}

void transpose_images(const float *from, int64_t images, int64_t rows, int64_t columns, float *to) {
  const int64_t size = rows * columns;
  each_index(images, std::max<int64_t>(1, 32768 / size),
             [&](int64_t image) { transpose(from + image * size, rows, columns, to + image * size); });
}

// Channels-last images as rows of features in the order of channel, row and column. The gradient is channels-last
// again, as the layers before it want theirs; libtorch's own has the order of the features and slows down what follows.
class Flatten : public torch::autograd::Function<Flatten> {
 public:
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x) {
    context->saved_data["shape"] = x.sizes();
    const int64_t images = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3);
    auto y = at::empty({images, channels * pixels}, x.options());
    transpose_images(x.const_data_ptr<float>(), images, pixels, channels, y.mutable_data_ptr<float>());
    return y;
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients) {
    const auto shape = context->saved_data["shape"].toIntVector();
    if (at::GradMode::is_enabled()) return {gradients[0].reshape(shape)};
    const auto gradient = gradients[0].contiguous();
    auto dx = at::empty(shape, gradient.options(), at::MemoryFormat::ChannelsLast);
    transpose_images(gradient.const_data_ptr<float>(), shape[0], shape[1], shape[2] * shape[3],
                     dx.mutable_data_ptr<float>());
    return {dx};
  }
};

}  // namespace

SFStatus sf_flatten(SFTensor input, SFTensor *out) {
  return returning(out, [&] {
    const auto &x = tensor(input);
    if (fits(x) && !x.is_contiguous()) return at::Tensor(Flatten::apply(x));
    return x.reshape({x.dim() > 0 ? x.size(0) : 1, -1});
  });
}
