// Where C++ exceptions end and statuses begin.
#pragma once
#include <ATen/ATen.h>

#include <utility>

#include "CTorchShim.h"

namespace steadfast {

void remember_error(const char *message) noexcept;
SFStatus status_of_current_exception() noexcept;

template <class Body> SFStatus guarded(Body &&body) noexcept {
  try {
    body();
    return SFStatusOK;
  } catch (...) {
    return status_of_current_exception();
  }
}

inline const at::Tensor &tensor(SFTensor handle) { return *reinterpret_cast<const at::Tensor *>(handle); }

inline at::Tensor or_undefined(SFTensor handle) { return handle ? tensor(handle) : at::Tensor(); }

// Optional arguments reach libtorch as nullopt, never as an undefined tensor, which some kernels misread.
inline std::optional<at::Tensor> optional(SFTensor handle) {
  return handle ? std::optional<at::Tensor>(tensor(handle)) : std::nullopt;
}

// A constant as an operation on x takes it: in mixed precision, where x is in bfloat16 and the constant kept in fp32, it is
// rounded for the operation, and its gradient is in fp32 again.
inline at::Tensor beside(const at::Tensor &x, const at::Tensor &constant) {
  const bool is_mixed = x.scalar_type() == at::kBFloat16 && constant.scalar_type() == at::kFloat;
  return is_mixed ? constant.to(at::kBFloat16) : constant;
}
inline std::optional<at::Tensor> optional_beside(const at::Tensor &x, SFTensor handle) {
  return handle ? std::optional<at::Tensor>(beside(x, tensor(handle))) : std::nullopt;
}

inline SFTensor handle(at::Tensor value) { return reinterpret_cast<SFTensor>(new at::Tensor(std::move(value))); }

template <class Body> SFStatus returning(SFTensor *out, Body &&body) noexcept {
  return guarded([&] { *out = handle(body()); });
}

inline at::IntArrayRef ints(const int64_t *values, int32_t count) {
  return at::IntArrayRef(values, static_cast<size_t>(count));
}

std::vector<at::Tensor> list(const SFTensor *handles, int32_t count);

at::ScalarType scalar_type(SFType type);
at::Device device(SFDevice device);

}  // namespace steadfast
