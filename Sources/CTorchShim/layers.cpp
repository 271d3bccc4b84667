#include <ATen/core/Reduction.h>

#include "guard.h"

using namespace steadfast;

namespace {
// Optional arguments reach libtorch as nullopt, never as an undefined tensor, which some kernels misread.
std::optional<at::Tensor> optional(SFTensor handle) {
  return handle ? std::optional<at::Tensor>(tensor(handle)) : std::nullopt;
}

// Whether a convolution reads one pixel in each stride and nothing beside it.
bool only_skips(const at::Tensor &weight, const int64_t stride[2], const int64_t padding[2]) {
  return weight.dim() == 4 && weight.size(2) == 1 && weight.size(3) == 1 && padding[0] == 0 && padding[1] == 0 &&
         stride[0] > 0 && stride[1] > 0 && (stride[0] > 1 || stride[1] > 1);
}

}  // namespace

SFStatus sf_linear(SFTensor input, SFTensor weight, SFTensor bias, SFTensor *out) {
  return returning(out, [&] { return at::linear(tensor(input), tensor(weight), optional(bias)); });
}

SFStatus sf_conv2d(SFTensor input, SFTensor weight, SFTensor bias, const int64_t stride[2], const int64_t padding[2],
                   const int64_t dilation[2], int64_t groups, SFTensor *out) {
  return returning(out, [&] {
    // oneDNN's weight gradient of a strided 1x1 convolution of few channels-last channels writes past its workspace
    // (github.com/uxlfoundation/oneDNN/issues/6035). The pixels that it would skip are left out beforehand instead.
    const auto &x = tensor(input);
    if (x.is_cpu() && x.dim() == 4 && only_skips(tensor(weight), stride, padding)) {
      const auto kept = x.slice(2, 0, std::nullopt, stride[0]).slice(3, 0, std::nullopt, stride[1]);
      return at::conv2d(kept, tensor(weight), optional(bias), /*stride=*/1, /*padding=*/at::IntArrayRef{0, 0}, /*dilation=*/1, groups);
    }
    return at::conv2d(x, tensor(weight), optional(bias), ints(stride, 2), ints(padding, 2),
                      ints(dilation, 2), groups);
  });
}

SFStatus sf_conv2d_transposed(SFTensor input, SFTensor weight, const int64_t stride[2], const int64_t padding[2],
                              const int64_t output_padding[2], const int64_t dilation[2], int64_t groups,
                              SFTensor *out) {
  return returning(out, [&] {
    return at::conv_transpose2d(tensor(input), tensor(weight), std::nullopt, ints(stride, 2), ints(padding, 2),
                                ints(output_padding, 2), groups, ints(dilation, 2));
  });
}

SFStatus sf_batch_norm(SFTensor input, SFTensor weight, SFTensor bias, SFTensor mean, SFTensor variance, bool training,
                       double momentum, double epsilon, SFTensor *out) {
  return returning(out, [&] {
    return at::batch_norm(tensor(input), optional(weight), optional(bias), optional(mean), optional(variance), training,
                          momentum, epsilon, /*cudnn_enabled=*/true);
  });
}

SFStatus sf_group_norm(SFTensor input, int64_t groups, SFTensor weight, SFTensor bias, double epsilon, SFTensor *out) {
  return returning(
      out, [&] { return at::group_norm(tensor(input), groups, optional(weight), optional(bias), epsilon); });
}

SFStatus sf_layer_norm(SFTensor input, const int64_t *shape, int32_t rank, SFTensor weight, SFTensor bias,
                       double epsilon, SFTensor *out) {
  return returning(out, [&] {
    return at::layer_norm(tensor(input), ints(shape, rank), optional(weight), optional(bias), epsilon);
  });
}

SFStatus sf_max_pool2d(SFTensor input, int64_t kernel, int64_t stride, int64_t padding, SFTensor *out) {
  return returning(out, [&] {
    return at::max_pool2d(tensor(input), {kernel, kernel}, {stride, stride}, {padding, padding});
  });
}

SFStatus sf_avg_pool2d(SFTensor input, int64_t kernel, int64_t stride, int64_t padding, SFTensor *out) {
  return returning(out, [&] {
    return at::avg_pool2d(tensor(input), {kernel, kernel}, {stride, stride}, {padding, padding});
  });
}

SFStatus sf_gelu(SFTensor input, SFTensor *out) {
  return returning(out, [&] { return at::gelu(tensor(input)); });
}

SFStatus sf_softmax(SFTensor input, int64_t dim, SFTensor *out) {
  return returning(out, [&] { return at::softmax(tensor(input), dim); });
}

SFStatus sf_log_softmax(SFTensor input, int64_t dim, SFTensor *out) {
  return returning(out, [&] { return at::log_softmax(tensor(input), dim); });
}

SFStatus sf_cross_entropy(SFTensor logits, SFTensor labels, bool mean, SFTensor *out) {
  return returning(out, [&] {
    return at::cross_entropy_loss(tensor(logits), tensor(labels), {}, mean ? at::Reduction::Mean : at::Reduction::None);
  });
}
