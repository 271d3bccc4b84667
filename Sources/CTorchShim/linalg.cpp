#include <array>

#include "guard.h"

using namespace steadfast;

namespace {

// Several tensors to the caller, or none.
template <size_t Count> void yield(std::array<at::Tensor, Count> values, const std::array<SFTensor *, Count> &out) {
  std::array<SFTensor, Count> made{};
  size_t count = 0;
  try {
    for (; count < Count; ++count) made[count] = handle(std::move(values[count]));
  } catch (...) {
    for (size_t i = 0; i < count; ++i) sf_tensor_free(made[i]);
    throw;
  }
  for (size_t i = 0; i < Count; ++i) *out[i] = made[i];
}

}  // namespace

SFStatus sf_svdvals(SFTensor matrix, SFTensor *out) {
  return returning(out, [&] { return at::linalg_svdvals(tensor(matrix)); });
}

SFStatus sf_qr(SFTensor matrix, SFTensor *q, SFTensor *r) {
  return guarded([&] {
    auto [orthonormal, triangular] = at::linalg_qr(tensor(matrix));
    yield<2>({orthonormal, triangular}, {q, r});
  });
}

SFStatus sf_svd(SFTensor matrix, SFTensor *u, SFTensor *values, SFTensor *v) {
  return guarded([&] {
    auto [left, singular, right] = at::linalg_svd(tensor(matrix), /*full_matrices=*/false);
    yield<3>({left, singular, right}, {u, values, v});
  });
}

SFStatus sf_eigvals(SFTensor matrix, SFTensor *real, SFTensor *imaginary) {
  return guarded([&] {
    const auto values = at::linalg_eigvals(tensor(matrix));
    yield<2>({at::real(values).contiguous(), at::imag(values).contiguous()}, {real, imaginary});
  });
}

SFStatus sf_eigh(SFTensor matrix, SFTensor *values, SFTensor *vectors) {
  return guarded([&] {
    auto [eigenvalues, eigenvectors] = at::linalg_eigh(tensor(matrix));
    yield<2>({eigenvalues, eigenvectors}, {values, vectors});
  });
}

SFStatus sf_solve(SFTensor matrix, SFTensor right, SFTensor *out) {
  return returning(out, [&] { return at::linalg_solve(tensor(matrix), tensor(right)); });
}

SFStatus sf_fft2(SFTensor handle, int64_t height, int64_t width, bool half, SFTensor *out) {
  return returning(out, [&] {
    const std::vector<int64_t> size = {height, width}, dims = {-2, -1};
    return half ? at::fft_rfft2(tensor(handle), size, dims) : at::fft_fft2(tensor(handle), size, dims);
  });
}
