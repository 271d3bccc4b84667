#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include "guard.h"
#include "windows.h"
#include "winograd.h"

using namespace steadfast;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

struct Geometry {
  std::vector<int64_t> stride, padding, dilation;
  int64_t groups;

  // As a graph keeps it between the two passes.
  void keep(AutogradContext *context) const {
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["dilation"] = dilation;
    context->saved_data["groups"] = groups;
  }
  static Geometry kept(AutogradContext *context) {
    return {context->saved_data["stride"].toIntVector(), context->saved_data["padding"].toIntVector(),
            context->saved_data["dilation"].toIntVector(), context->saved_data["groups"].toInt()};
  }

  bool skips() const { return stride[0] > 1 || stride[1] > 1; }
  // Whether a convolution reads one pixel in each stride and nothing beside it.
  bool only_skips(const at::Tensor &weight) const {
    return weight.dim() == 4 && weight.size(2) == 1 && weight.size(3) == 1 && padding[0] == 0 && padding[1] == 0 &&
           stride[0] > 0 && stride[1] > 0 && skips();
  }
  bool is_dense() const { return groups == 1 && dilation[0] == 1 && dilation[1] == 1; }
  bool keeps_size_with_3x3(const at::Tensor &weight) const {
    return is_dense() && !skips() && weight.size(2) == 3 && weight.size(3) == 3 && padding[0] == 1 && padding[1] == 1;
  }
  // The pixels at the centres of the windows, where those are centred inside the image.
  at::Tensor centers(const at::Tensor &x) const {
    return skips() ? x.slice(2, 0, std::nullopt, stride[0]).slice(3, 0, std::nullopt, stride[1]) : x;
  }
};

// Images and kernels of one channel lie in memory alike in both orders, and libtorch takes them not to be
// channels-last: nor would be the result, at the cost of a change of order in the layers behind. The strides of a
// constant kernel settle it.
at::Tensor settled(const at::Tensor &x, const at::Tensor &weight) {
  const auto type = x.scalar_type();
  const bool is_open = x.is_cpu() && (type == at::kFloat || type == at::kBFloat16) && x.dim() == 4 &&
                       weight.dim() == 4 && x.size(1) == 1 && weight.size(1) == 1 && !weight.requires_grad() &&
                       x.is_contiguous(at::MemoryFormat::ChannelsLast) && weight.is_contiguous();
  const auto width = is_open ? weight.size(3) : 0;
  return is_open ? weight.as_strided(weight.sizes(), {weight.size(2) * width, 1, width, 1}) : weight;
}

at::Tensor as_kernel(const at::Tensor &matrix) { return matrix.view({matrix.size(0), matrix.size(1), 1, 1}); }

// The weight with a matrix, where there is one, added to its centre tap.
at::Tensor merged(const at::Tensor &weight, const at::Tensor &matrix) {
  if (!matrix.defined()) return weight;
  const int64_t x = weight.size(3) / 2, y = weight.size(2) / 2;
  return weight + at::constant_pad_nd(as_kernel(matrix), {x, x, y, y});
}

// Gradients of the input and of the weight.
std::tuple<at::Tensor, at::Tensor> gradients_of(const at::Tensor &gradient, const at::Tensor &x,
                                                const at::Tensor &weight, const Geometry &geometry, bool needs_x,
                                                bool needs_weight) {
  if (!needs_x && !needs_weight) return {};
  const auto [dx, dweight, dbias] =
      at::convolution_backward(gradient, x, weight, std::nullopt, geometry.stride, geometry.padding, geometry.dilation,
                               /*transposed=*/false, {0, 0}, geometry.groups, {needs_x, needs_weight, false});
  return {dx, dweight};
}

// The gradient of the input alone. oneDNN has no good form where a strided kernel meets few channels, as in the first
// layer of a network: there the gradient is spread over the windows, which are then added up.
at::Tensor gradient_of_input(const at::Tensor &gradient, const at::Tensor &x, const at::Tensor &weight,
                             const Geometry &geometry) {
  const int64_t taps = weight.size(1) * weight.size(2) * weight.size(3);
  if (!geometry.skips() || geometry.groups != 1 || taps > 32 || !x.is_cpu() || x.scalar_type() == at::kBFloat16) {
    return std::get<0>(gradients_of(gradient, x, weight, geometry, true, false));
  }
  const auto windows = weight.reshape({weight.size(0), taps}).t().matmul(gradient.flatten(2));
  return at::col2im(windows, x.sizes().slice(2), weight.sizes().slice(2), geometry.dilation, geometry.padding,
                    geometry.stride)
      .contiguous(at::MemoryFormat::ChannelsLast);
}

// The gradient of a 1x1 kernel over the pixels at the centres.
at::Tensor gradient_of_centers(const at::Tensor &gradient, const at::Tensor &x, const at::Tensor &kernel,
                               const Geometry &geometry) {
  const Geometry plain{{1, 1}, {0, 0}, {1, 1}, geometry.groups};
  return std::get<1>(gradients_of(gradient, geometry.centers(x), kernel, plain, false, true));
}

// A convolution with W, and with a matrix A added to its centre tap.
//
// As one operation the matrix costs nothing forward, and nothing backward but its own gradient, that of a 1x1 kernel.
// Nor does oneDNN's weight gradient of a strided 1x1 convolution of few channels-last channels work, which writes past
// its workspace (github.com/uxlfoundation/oneDNN/issues/6035): the pixels that it would skip are left out beforehand.
class Convolution : public torch::autograd::Function<Convolution> {
 public:
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const std::optional<at::Tensor> &bias, const std::optional<at::Tensor> &matrix,
                            std::vector<int64_t> stride, std::vector<int64_t> padding, std::vector<int64_t> dilation,
                            int64_t groups) {
    const auto added = matrix.value_or(at::Tensor());
    context->save_for_backward({x, weight, added});
    Geometry{stride, padding, dilation, groups}.keep(context);
    context->saved_data["biased"] = bias.has_value();
    return at::conv2d(x, merged(weight, added), bias, stride, padding, dilation, groups);
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients) {
    const auto saved = context->get_saved_variables();
    const auto &gradient = gradients[0], &x = saved[0], &weight = saved[1], &matrix = saved[2];
    const auto geometry = Geometry::kept(context);
    const bool needs_x = context->needs_input_grad(0), needs_weight = context->needs_input_grad(1);

    // Made anew, since a gradient that itself gets a gradient has to see what the kernel is made of.
    const auto kernel = merged(weight, matrix);
    const bool skipping = geometry.only_skips(weight);
    variable_list result(8);
    std::tie(result[0], result[1]) =
        gradients_of(gradient, x, kernel, geometry, needs_x, needs_weight && !skipping);
    if (needs_weight && skipping) result[1] = gradient_of_centers(gradient, x, kernel, geometry);
    // What is left out has no place among the inputs that libtorch counts.
    const bool biased = context->saved_data["biased"].toBool();
    if (biased && context->needs_input_grad(2)) result[2] = gradient.sum({0, 2, 3});
    if (matrix.defined() && context->needs_input_grad(biased ? 3 : 2)) {
      result[3] = gradient_of_centers(gradient, x, as_kernel(matrix), geometry).view(matrix.sizes());
    }
    return result;
  }
};

// A convolution with constants, alone or together with the ReLU behind it in one pass over memory, which is oneDNN's own
// form. Of its gradients there is that of the input alone.
class ConstantConvolution : public torch::autograd::Function<ConstantConvolution> {
 public:
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const std::optional<at::Tensor> &bias, bool activates, std::vector<int64_t> stride,
                            std::vector<int64_t> padding, std::vector<int64_t> dilation, int64_t groups) {
    const Geometry geometry{stride, padding, dilation, groups};
    const auto y = activates ? activated(x, weight, bias, geometry)
                             : at::conv2d(x, weight, bias, stride, padding, dilation, groups);
    context->save_for_backward({x, weight, activates ? y : at::Tensor()});
    geometry.keep(context);
    return y;
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients) {
    const auto saved = context->get_saved_variables();
    const auto &gradient = gradients[0], &x = saved[0], &weight = saved[1], &y = saved[2];
    const auto geometry = Geometry::kept(context);
    variable_list result(8);
    // A gradient that itself gets a gradient has to be made of libtorch's own operations.
    const auto own = at::GradMode::is_enabled() ? std::nullopt : own_gradient(gradient, x, weight, y, geometry);
    const auto passed = y.defined() && !own ? at::threshold_backward(gradient, y, 0) : gradient;
    result[0] = own ? *own : gradient_of_input(passed, x, weight, geometry);
    return result;
  }

  // Whether these are images and constants on the CPU in a type that oneDNN computes in.
  static bool fits(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias) {
    const auto type = x.scalar_type();
    const bool is_constant = !weight.requires_grad() && !(bias && bias->requires_grad());
    return is_constant && x.is_cpu() && weight.is_cpu() && (type == at::kFloat || type == at::kBFloat16) &&
           weight.scalar_type() == type && (!bias || bias->scalar_type() == type) && x.dim() == 4 && x.numel() > 0 &&
           x.is_contiguous(at::MemoryFormat::ChannelsLast);
  }

 private:
  // The gradient of the input by loops of our own, where those are faster than libtorch's.
  static std::optional<at::Tensor> own_gradient(const at::Tensor &gradient, const at::Tensor &x,
                                                const at::Tensor &weight, const at::Tensor &y,
                                                const Geometry &geometry) {
    if (!geometry.is_dense() || weight.dim() != 4) return std::nullopt;
    if (geometry.skips() || weight.size(1) < few_channels) {
      return gradient_by_windows(gradient, weight, x.sizes(), geometry.stride, geometry.padding, y);
    }
    return geometry.keeps_size_with_3x3(weight) ? winograd_gradient(gradient, weight, y) : std::nullopt;
  }

  static at::Tensor activated(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
                              const Geometry &geometry) {
    using Form = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, at::IntArrayRef,
                            at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view,
                            c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);
    static const auto form =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_convolution_pointwise", "").typed<Form>();
    return form.call(x, weight, bias, geometry.padding, geometry.stride, geometry.dilation, geometry.groups, "relu",
                     c10::List<std::optional<at::Scalar>>(), std::nullopt);
  }
};

}  // namespace

SFStatus sf_conv2d(SFTensor input, SFTensor weight, SFTensor bias, SFTensor matrix, const int64_t stride[2],
                   const int64_t padding[2], const int64_t dilation[2], int64_t groups, bool activates,
                   SFTensor *out) {
  return returning(out, [&] {
    const auto &x = tensor(input);
    const auto w = settled(x, beside(x, tensor(weight)));
    const auto b = optional_beside(x, bias), a = optional_beside(x, matrix);
    const Geometry geometry{{stride, stride + 2}, {padding, padding + 2}, {dilation, dilation + 2}, groups};
    if (a) {
      TORCH_CHECK(w.dim() == 4 && w.size(2) % 2 == 1 && w.size(3) % 2 == 1 && groups == 1 &&
                      geometry.padding[0] == geometry.dilation[0] * (w.size(2) / 2) &&
                      geometry.padding[1] == geometry.dilation[1] * (w.size(3) / 2) &&
                      a->sizes() == w.sizes().slice(0, 2),
                  "a matrix of shape ", a->sizes(), " does not stand beside a kernel of shape ", w.sizes(),
                  " whose windows are centred inside the image");
    }
    if (!a && ConstantConvolution::fits(x, w, b)) {
      return ConstantConvolution::apply(x, w, b, activates, geometry.stride, geometry.padding,
                                        geometry.dilation, groups);
    }
    const auto y = a || (x.dim() == 4 && geometry.only_skips(w))
                       ? Convolution::apply(x, w, b, a, geometry.stride, geometry.padding,
                                            geometry.dilation, groups)
                       : at::conv2d(x, w, b, geometry.stride, geometry.padding, geometry.dilation, groups);
    return activates ? at::relu(y) : y;
  });
}
