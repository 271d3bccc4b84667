#include "guard.h"

using namespace steadfast;

SFStatus sf_svdvals(SFTensor matrix, SFTensor *out) {
  return returning(out, [&] { return at::linalg_svdvals(tensor(matrix)); });
}

SFStatus sf_qr(SFTensor matrix, SFTensor *q, SFTensor *r) {
  return guarded([&] {
    auto [orthonormal, triangular] = at::linalg_qr(tensor(matrix));
    auto first = handle(std::move(orthonormal));
    try {
      *r = handle(std::move(triangular));
    } catch (...) {
      sf_tensor_free(first);
      throw;
    }
    *q = first;
  });
}

SFStatus sf_fft2(SFTensor handle, int64_t height, int64_t width, bool half, SFTensor *out) {
  return returning(out, [&] {
    const std::vector<int64_t> size = {height, width}, dims = {-2, -1};
    return half ? at::fft_rfft2(tensor(handle), size, dims) : at::fft_fft2(tensor(handle), size, dims);
  });
}
