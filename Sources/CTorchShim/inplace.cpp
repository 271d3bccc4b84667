#include <ATen/core/grad_mode.h>

#include "guard.h"

using namespace steadfast;

namespace {

// The fused kernels walk over raw memory, element by element: what they read beside a parameter has to lie in memory as
// the parameter does. Autograd does not promise that of gradients (a channels-last convolution gives channels-last
// ones).
std::vector<at::Tensor> aligned(const std::vector<at::Tensor> &values, const SFTensor *handles) {
  std::vector<at::Tensor> result;
  result.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto &value = values[i], &other = tensor(handles[i]);
    TORCH_CHECK(other.sizes() == value.sizes(), "a parameter of shape ", value.sizes(), " cannot step by shape ",
                other.sizes());
    TORCH_CHECK(other.scalar_type() == value.scalar_type(), "a parameter of type ", value.scalar_type(),
                " cannot step by type ", other.scalar_type());
    result.push_back(other.strides() == value.strides() ? other : at::empty_like(value).copy_(other));
  }
  return result;
}

std::vector<at::Tensor> stepping(const SFTensor *parameters, int32_t count) {
  auto values = list(parameters, count);
  for (const auto &value : values) {
    TORCH_CHECK(value.is_non_overlapping_and_dense(), "a parameter has to fill its memory without gaps");
  }
  return values;
}

}  // namespace

SFStatus sf_assign(SFTensor target, SFTensor source) {
  return guarded([&] {
    at::NoGradGuard without_gradients;
    const auto &destination = tensor(target);
    TORCH_CHECK(destination.sizes() == tensor(source).sizes(), "cannot assign shape ", tensor(source).sizes(), " to ",
                destination.sizes());
    destination.copy_(tensor(source));
  });
}

SFStatus sf_sgd_step(const SFTensor *parameters, const SFTensor *gradients, const SFTensor *momenta, int32_t count,
                     double rate, double momentum, double weight_decay, bool nesterov, bool first) {
  return guarded([&] {
    at::NoGradGuard without_gradients;
    auto values = stepping(parameters, count), slopes = aligned(values, gradients);
    auto buffers = momentum == 0 ? std::vector<at::Tensor>() : list(momenta, count);
    at::_fused_sgd_(values, slopes, buffers, weight_decay, momentum, rate, /*dampening=*/0, nesterov,
                    /*maximize=*/false, first);
  });
}

SFStatus sf_adam_step(const SFTensor *parameters, const SFTensor *gradients, const SFTensor *means,
                      const SFTensor *variances, int32_t count, int64_t step, double rate, double beta1, double beta2,
                      double epsilon, double weight_decay, bool decoupled) {
  return guarded([&] {
    at::NoGradGuard without_gradients;
    auto values = stepping(parameters, count), slopes = aligned(values, gradients);
    auto first = list(means, count), second = list(variances, count);
    std::vector<at::Tensor> steps;
    for (const auto &value : values) {
      steps.push_back(at::full({}, static_cast<double>(step), at::dtype(at::kFloat).device(value.device())));
    }
    if (decoupled) {
      at::_fused_adamw_(values, slopes, first, second, {}, steps, rate, beta1, beta2, weight_decay, epsilon,
                        /*amsgrad=*/false, /*maximize=*/false);
    } else {
      at::_fused_adam_(values, slopes, first, second, {}, steps, rate, beta1, beta2, weight_decay, epsilon,
                       /*amsgrad=*/false, /*maximize=*/false);
    }
  });
}
