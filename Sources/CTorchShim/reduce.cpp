#include <ATen/core/Reduction.h>

#include "guard.h"

using namespace steadfast;

namespace {

// PyTorch reads an empty list of dimensions as "all" in some reductions and refuses it in others; here it always
// means all.
std::vector<int64_t> dimensions(const at::Tensor &value, const int64_t *dims, int32_t count) {
  if (count > 0) return std::vector<int64_t>(dims, dims + count);
  std::vector<int64_t> all(static_cast<size_t>(value.dim()));
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  return all;
}

void pair(std::tuple<at::Tensor, at::Tensor> result, SFTensor *first, SFTensor *second) {
  auto one = handle(std::get<0>(std::move(result)));
  try {
    *second = handle(std::get<1>(std::move(result)));
  } catch (...) {
    sf_tensor_free(one);
    throw;
  }
  *first = one;
}

}  // namespace

#define SF_DEFINE(name)                                                                                    \
  SFStatus sf_##name(SFTensor handle, const int64_t *dims, int32_t count, bool keep, SFTensor *out) {      \
    return returning(out, [&] {                                                                            \
      const auto &value = tensor(handle);                                                                  \
      return value.name(dimensions(value, dims, count), keep);                                             \
    });                                                                                                    \
  }
SF_DEFINE(sum)
SF_DEFINE(mean)
SF_DEFINE(amax)
SF_DEFINE(amin)
#undef SF_DEFINE

SFStatus sf_norm(SFTensor handle, double p, const int64_t *dims, int32_t count, bool keep, SFTensor *out) {
  return returning(out, [&] {
    const auto &value = tensor(handle);
    return at::norm(value, p, dimensions(value, dims, count), keep);
  });
}

SFStatus sf_logsumexp(SFTensor handle, int64_t dim, bool keep, SFTensor *out) {
  return returning(out, [&] { return at::logsumexp(tensor(handle), dim, keep); });
}

SFStatus sf_argmax(SFTensor handle, int64_t dim, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).argmax(dim); });
}

SFStatus sf_all(SFTensor handle, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).all(); });
}

SFStatus sf_top(SFTensor handle, int64_t k, int64_t dim, SFTensor *values, SFTensor *indices) {
  return guarded([&] { pair(tensor(handle).topk(k, dim), values, indices); });
}

SFStatus sf_sort(SFTensor handle, int64_t dim, bool descending, SFTensor *values, SFTensor *indices) {
  return guarded([&] { pair(at::sort(tensor(handle), /*stable=*/true, dim, descending), values, indices); });
}

SFStatus sf_cumsum(SFTensor handle, int64_t dim, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).cumsum(dim); });
}
