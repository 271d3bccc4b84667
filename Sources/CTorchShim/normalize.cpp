#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <limits>

#include "guard.h"
#include "normalize.h"

using namespace steadfast;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Batch normalisation together with the ReLU behind it, of channels-last fp32 images on the CPU. Both are bound by
// memory: as one operation they read and write half of what they do as two. Statistics are taken from chunks of the
// images and joined in order in double precision, so that they do not depend on the number of threads.

namespace {

// scale·x + shift of each channel, and what its gradient needs.
struct Affine {
  std::vector<float> scale, shift, mean;
  float floor;

  Affine(const Pixels &pixels, const at::Tensor &center, const at::Tensor &inverse, const at::Tensor &weight,
         const at::Tensor &bias, bool activates)
      : floor(activates ? 0.0f : std::numeric_limits<float>::quiet_NaN()) {
    const float *m = center.const_data_ptr<float>(), *s = inverse.const_data_ptr<float>();
    const float *w = weight.const_data_ptr<float>(), *b = bias.const_data_ptr<float>();
    scale = pixels.spread([&](int64_t c) { return w[c] * s[c]; });
    shift = pixels.spread([&](int64_t c) { return b[c] - m[c] * (w[c] * s[c]); });
    mean = pixels.spread([&](int64_t c) { return m[c]; });
  }
};

class BatchNorm : public torch::autograd::Function<BatchNorm> {
 public:
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const at::Tensor &bias, const at::Tensor &running_mean, const at::Tensor &running_variance,
                            bool training, double momentum, double epsilon, bool activates) {
    const Pixels pixels(x);
    auto mean = at::empty_like(running_mean), variance = at::empty_like(running_variance);
    auto inverse = at::empty_like(running_variance);
    float *m = mean.mutable_data_ptr<float>(), *v = variance.mutable_data_ptr<float>();
    float *s = inverse.mutable_data_ptr<float>();
    float *rm = running_mean.mutable_data_ptr<float>(), *rv = running_variance.mutable_data_ptr<float>();
    if (training) {
      const Moments moments(pixels, x.const_data_ptr<float>());
      const double count = static_cast<double>(pixels.count);
      for (int64_t c = 0; c < pixels.channels; ++c) {
        m[c] = static_cast<float>(moments.mean[c]);
        v[c] = static_cast<float>(moments.squares[c] / count);
        rm[c] = static_cast<float>((1 - momentum) * rm[c] + momentum * moments.mean[c]);
        rv[c] = static_cast<float>((1 - momentum) * rv[c] + momentum * moments.squares[c] / (count - 1));
      }
    } else {
      std::copy_n(rm, pixels.channels, m);
      std::copy_n(rv, pixels.channels, v);
    }
    for (int64_t c = 0; c < pixels.channels; ++c) s[c] = static_cast<float>(1 / std::sqrt(v[c] + epsilon));
    context->save_for_backward({x, weight, bias, mean, variance, inverse});
    context->saved_data["training"] = training;
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["activates"] = activates;
    return transformed(pixels, Affine(pixels, mean, inverse, weight, bias, activates), x);
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients) {
    const auto saved = context->get_saved_variables();
    const bool training = context->saved_data["training"].toBool();
    const bool activates = context->saved_data["activates"].toBool();
    const double epsilon = context->saved_data["epsilon"].toDouble();
    auto result = at::GradMode::is_enabled()
                      ? differentiable(gradients[0], saved, training, epsilon, activates)
                      : fused(gradients[0].contiguous(at::MemoryFormat::ChannelsLast), saved, training, activates,
                              context->needs_input_grad(0),
                              context->needs_input_grad(1) || context->needs_input_grad(2));
    result.resize(9);
    return result;
  }

 private:
  static at::Tensor transformed(const Pixels &pixels, const Affine &affine, const at::Tensor &x) {
    auto y = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
    const float *from = x.const_data_ptr<float>();
    float *to = y.mutable_data_ptr<float>();
    pixels.each_chunk([&](int64_t chunk) {
      const int64_t offset = pixels.offset(chunk);
      transform(from + offset, pixels.length(chunk) * pixels.channels, pixels.lanes, affine.scale.data(),
                affine.shift.data(), affine.floor, to + offset);
    });
    return y;
  }

  static variable_list fused(const at::Tensor &gradient, const variable_list &saved, bool training, bool activates,
                             bool needs_input, bool needs_parameters) {
    const auto &x = saved[0], &weight = saved[1], &bias = saved[2], &mean = saved[3], &inverse = saved[5];
    const Pixels pixels(x);
    const Affine affine(pixels, mean, inverse, weight, bias, activates);
    const int64_t channels = pixels.channels;
    const float *values = x.const_data_ptr<float>(), *g = gradient.const_data_ptr<float>();

    // In evaluation the input's gradient asks for no sums.
    std::vector<double> total(2 * channels, 0);
    if (training || needs_parameters) {
      std::vector<double> partial(pixels.chunks * 2 * channels);
      pixels.each_chunk([&](int64_t chunk) {
        const int64_t offset = pixels.offset(chunk);
        std::vector<float> sums(pixels.lanes, 0), products(pixels.lanes, 0);
        add_gradients(values + offset, g + offset, pixels.length(chunk) * channels, pixels.lanes, affine.scale.data(),
                      affine.shift.data(), affine.mean.data(), affine.floor, sums.data(), products.data());
        pixels.fold(sums, &partial[chunk * 2 * channels]);
        pixels.fold(products, &partial[(chunk * 2 + 1) * channels]);
      });
      for (int64_t chunk = 0; chunk < pixels.chunks; ++chunk) {
        for (int64_t i = 0; i < 2 * channels; ++i) total[i] += partial[chunk * 2 * channels + i];
      }
    }

    const float *s = inverse.const_data_ptr<float>(), *w = weight.const_data_ptr<float>();
    auto weight_gradient = at::empty_like(weight), bias_gradient = at::empty_like(bias);
    for (int64_t c = 0; c < channels; ++c) {
      bias_gradient.mutable_data_ptr<float>()[c] = static_cast<float>(total[c]);
      weight_gradient.mutable_data_ptr<float>()[c] = static_cast<float>(total[channels + c] * s[c]);
    }
    if (!needs_input) return {at::Tensor(), weight_gradient, bias_gradient};

    auto result = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
    float *to = result.mutable_data_ptr<float>();
    const double count = static_cast<double>(pixels.count);
    const auto offset = pixels.spread([&](int64_t c) { return w[c] * s[c] * total[c] / count; });
    const auto slope = pixels.spread(
        [&](int64_t c) { return w[c] * s[c] * s[c] * static_cast<double>(s[c]) * total[channels + c] / count; });
    pixels.each_chunk([&](int64_t chunk) {
      const int64_t start = pixels.offset(chunk), length = pixels.length(chunk) * channels;
      if (training) {
        pull_back(values + start, g + start, length, pixels.lanes, affine.scale.data(), affine.shift.data(),
                  affine.mean.data(), offset.data(), slope.data(), affine.floor, to + start);
      } else {
        scale_gradient(values + start, g + start, length, pixels.lanes, affine.scale.data(), affine.shift.data(),
                       affine.floor, to + start);
      }
    });
    return {result, weight_gradient, bias_gradient};
  }

  // The same gradient, itself with a gradient.
  static variable_list differentiable(const at::Tensor &gradient, const variable_list &saved, bool training,
                                      double epsilon, bool activates) {
    const auto &x = saved[0], &weight = saved[1], &bias = saved[2];
    const auto &mean = saved[3], &variance = saved[4], &inverse = saved[5];
    auto g = gradient;
    if (activates) {
      const Pixels pixels(x);
      const auto stopped = transformed(pixels, Affine(pixels, mean, inverse, weight, bias, false), x).le(0);
      g = at::where(stopped, at::zeros({}, gradient.options()), gradient);
    }
    // In training libtorch reads the last two of these, in evaluation the two before.
    const auto [dx, dweight, dbias] = at::native_batch_norm_backward(g, x, weight, mean, variance, mean, inverse,
                                                                     training, epsilon, {true, true, true});
    return {dx, dweight, dbias};
  }
};

}  // namespace

SFStatus sf_batch_norm(SFTensor input, SFTensor weight, SFTensor bias, SFTensor mean, SFTensor variance, bool training,
                       double momentum, double epsilon, bool activates, SFTensor *out) {
  return returning(out, [&] {
    const auto &x = tensor(input);
    const auto w = or_undefined(weight), b = or_undefined(bias), m = or_undefined(mean), v = or_undefined(variance);
    const auto channels = x.dim() > 1 ? x.size(1) : 0;
    if (fits(x) && fits(w, channels) && fits(b, channels) && fits(m, channels) && fits(v, channels) &&
        (!training || x.numel() > channels)) {
      return BatchNorm::apply(x, w, b, m, v, training, momentum, epsilon, activates);
    }
    const auto y = at::batch_norm(x, optional(weight), optional(bias), optional(mean), optional(variance), training,
                                  momentum, epsilon, /*cudnn_enabled=*/true);
    return activates ? at::relu(y) : y;
  });
}
