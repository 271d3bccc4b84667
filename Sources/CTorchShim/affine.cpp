#include <torch/csrc/autograd/custom_function.h>

#include "guard.h"
#include "pixels.h"

using namespace steadfast;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// scale·g where the ReLU let something pass: y is its result.
SF_VECTORIZED void pass_back(const float *y, const float *gradient, int64_t count, int64_t lanes, const float *scale,
                             float *result) {
  for (int64_t start = 0; start < count; start += lanes) {
    const int64_t length = std::min(lanes, count - start);
    for (int64_t i = 0; i < length; ++i) result[start + i] = y[start + i] <= 0 ? 0.0f : scale[i] * gradient[start + i];
  }
}

// ReLU(scale·x + shift) with constants, which is what a norm in evaluation comes to where it cannot be folded away.
class ActivatedAffine : public torch::autograd::Function<ActivatedAffine> {
 public:
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const std::optional<at::Tensor> &scale,
                            const at::Tensor &shift) {
    const Pixels pixels(x);
    const auto scales = spread(pixels, scale);
    const float *from = x.const_data_ptr<float>(), *b = shift.const_data_ptr<float>();
    const auto shifts = pixels.spread([&](int64_t c) { return b[c]; });
    auto y = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
    float *to = y.mutable_data_ptr<float>();
    pixels.each_chunk([&](int64_t chunk) {
      const int64_t offset = pixels.offset(chunk);
      transform(from + offset, pixels.length(chunk) * pixels.channels, pixels.lanes, scales.data(), shifts.data(), 0,
                to + offset);
    });
    context->save_for_backward({y, scale.value_or(at::Tensor())});
    return y;
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients) {
    const auto saved = context->get_saved_variables();
    const auto &y = saved[0], &scale = saved[1];
    variable_list result(3);
    if (at::GradMode::is_enabled()) {
      result[0] = at::threshold_backward(gradients[0], y, 0);
      if (scale.defined()) result[0] = result[0] * scale.view({1, -1, 1, 1});
      return result;
    }
    const auto gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const Pixels pixels(y);
    const auto scales = spread(pixels, scale.defined() ? std::optional(scale) : std::nullopt);
    const float *values = y.const_data_ptr<float>(), *g = gradient.const_data_ptr<float>();
    result[0] = at::empty(y.sizes(), y.options(), at::MemoryFormat::ChannelsLast);
    float *to = result[0].mutable_data_ptr<float>();
    pixels.each_chunk([&](int64_t chunk) {
      const int64_t offset = pixels.offset(chunk);
      pass_back(values + offset, g + offset, pixels.length(chunk) * pixels.channels, pixels.lanes, scales.data(),
                to + offset);
    });
    return result;
  }

 private:
  static std::vector<float> spread(const Pixels &pixels, const std::optional<at::Tensor> &scale) {
    const float *values = scale ? scale->const_data_ptr<float>() : nullptr;
    return pixels.spread([&](int64_t c) { return values ? values[c] : 1.0f; });
  }
};

}  // namespace

SFStatus sf_activated_affine(SFTensor input, SFTensor scale, SFTensor shift, SFTensor *out) {
  return returning(out, [&] {
    const auto &x = tensor(input), &b = tensor(shift);
    const auto a = or_undefined(scale);
    const auto channels = x.dim() == 4 ? x.size(1) : 0;
    const bool is_constant = !b.requires_grad() && !(a.defined() && a.requires_grad());
    if (is_constant && fits(x) && fits(b, channels) && (!a.defined() || fits(a, channels))) {
      return ActivatedAffine::apply(x, optional(scale), b);
    }
    const auto as_channels = [&](const at::Tensor &values) {
      return x.dim() == 4 ? values.reshape({1, -1, 1, 1}) : values;
    };
    return at::relu(a.defined() ? at::addcmul(as_channels(b), x, as_channels(a)) : x + as_channels(b));
  });
}
