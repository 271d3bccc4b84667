#include "guard.h"

using namespace steadfast;

SFStatus sf_reshape(SFTensor handle, const int64_t *shape, int32_t rank, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).reshape(ints(shape, rank)); });
}

SFStatus sf_expand(SFTensor handle, const int64_t *shape, int32_t rank, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).expand(ints(shape, rank)); });
}

SFStatus sf_permute(SFTensor handle, const int64_t *dims, int32_t rank, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).permute(ints(dims, rank)); });
}

SFStatus sf_narrow(SFTensor handle, int64_t dim, int64_t start, int64_t length, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).narrow(dim, start, length); });
}

SFStatus sf_strided(SFTensor handle, int64_t dim, int64_t start, int64_t step, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).slice(dim, start, std::nullopt, step); });
}

SFStatus sf_flip(SFTensor handle, const int64_t *dims, int32_t count, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).flip(ints(dims, count)); });
}

SFStatus sf_index_select(SFTensor handle, int64_t dim, SFTensor index, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).index_select(dim, tensor(index)); });
}

SFStatus sf_gather(SFTensor handle, int64_t dim, SFTensor index, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).gather(dim, tensor(index)); });
}

SFStatus sf_scatter_value(SFTensor handle, int64_t dim, SFTensor index, double value, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).scatter(dim, tensor(index), value); });
}

SFStatus sf_cat(const SFTensor *tensors, int32_t count, int64_t dim, SFTensor *out) {
  return returning(out, [&] { return at::cat(list(tensors, count), dim); });
}

SFStatus sf_stack(const SFTensor *tensors, int32_t count, int64_t dim, SFTensor *out) {
  return returning(out, [&] { return at::stack(list(tensors, count), dim); });
}

SFStatus sf_pad2d(SFTensor handle, const int64_t amounts[4], SFTensor *out) {
  return returning(out, [&] { return at::constant_pad_nd(tensor(handle), ints(amounts, 4)); });
}
