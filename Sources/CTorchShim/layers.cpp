#include <ATen/core/Reduction.h>

#include "guard.h"

using namespace steadfast;

SFStatus sf_linear(SFTensor input, SFTensor weight, SFTensor bias, SFTensor *out) {
  return returning(out, [&] {
    const auto &x = tensor(input);
    return at::linear(x, beside(x, tensor(weight)), optional_beside(x, bias));
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
