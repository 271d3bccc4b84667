#include "guard.h"

using namespace steadfast;

namespace {

// Two tensors to the caller, or none.
void yield(at::Tensor first, at::Tensor second, SFTensor *first_out, SFTensor *second_out) {
  const SFTensor made = handle(std::move(first));
  try {
    *second_out = handle(std::move(second));
  } catch (...) {
    sf_tensor_free(made);
    throw;
  }
  *first_out = made;
}

}  // namespace

SFStatus sf_svdvals(SFTensor matrix, SFTensor *out) {
  return returning(out, [&] { return at::linalg_svdvals(tensor(matrix)); });
}

SFStatus sf_qr(SFTensor matrix, SFTensor *q, SFTensor *r) {
  return guarded([&] {
    auto [orthonormal, triangular] = at::linalg_qr(tensor(matrix));
    yield(orthonormal, triangular, q, r);
  });
}

SFStatus sf_eigvals(SFTensor matrix, SFTensor *real, SFTensor *imaginary) {
  return guarded([&] {
    const auto values = at::linalg_eigvals(tensor(matrix));
    yield(at::real(values).contiguous(), at::imag(values).contiguous(), real, imaginary);
  });
}

SFStatus sf_eigh(SFTensor matrix, SFTensor *values, SFTensor *vectors) {
  return guarded([&] {
    auto [eigenvalues, eigenvectors] = at::linalg_eigh(tensor(matrix));
    yield(eigenvalues, eigenvectors, values, vectors);
  });
}

SFStatus sf_solve(SFTensor matrix, SFTensor right, SFTensor *out) {
  return returning(out, [&] { return at::linalg_solve(tensor(matrix), tensor(right)); });
}
