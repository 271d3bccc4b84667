#include <cstring>

#include "guard.h"

using namespace steadfast;

void sf_tensor_free(SFTensor tensor) { delete reinterpret_cast<at::Tensor *>(tensor); }

SFStatus sf_share(SFTensor source, SFTensor *out) {
  return returning(out, [&] { return tensor(source); });
}

SFStatus sf_from_bytes(const void *bytes, size_t count, SFType type, const int64_t *shape, int32_t rank, SFTensor *out) {
  return returning(out, [&] {
    auto result = at::empty(ints(shape, rank), at::dtype(scalar_type(type)));
    TORCH_CHECK(result.nbytes() == count, "expected ", result.nbytes(), " bytes, got ", count);
    if (count > 0) std::memcpy(result.data_ptr(), bytes, count);
    return result;
  });
}

SFStatus sf_copy_bytes(SFTensor handle, void *bytes, size_t count) {
  return guarded([&] {
    const auto source = tensor(handle).detach().to(at::kCPU).contiguous();
    TORCH_CHECK(source.nbytes() == count, "expected room for ", source.nbytes(), " bytes, got ", count);
    if (count > 0) std::memcpy(bytes, source.data_ptr(), count);
  });
}

SFStatus sf_full(const int64_t *shape, int32_t rank, SFType type, SFDevice where, double value, SFTensor *out) {
  return returning(
      out, [&] { return at::full(ints(shape, rank), value, at::dtype(scalar_type(type)).device(device(where))); });
}

SFStatus sf_arange(int64_t count, SFType type, SFDevice where, SFTensor *out) {
  return returning(out, [&] { return at::arange(count, at::dtype(scalar_type(type)).device(device(where))); });
}

SFStatus sf_eye(int64_t n, SFType type, SFDevice where, SFTensor *out) {
  return returning(out, [&] { return at::eye(n, at::dtype(scalar_type(type)).device(device(where))); });
}

int32_t sf_rank(SFTensor handle) { return static_cast<int32_t>(tensor(handle).dim()); }

int64_t sf_size(SFTensor handle, int32_t dimension) {
  return tensor(handle).sizes()[static_cast<size_t>(dimension)];
}

SFStatus sf_type(SFTensor handle, SFType *out) {
  return guarded([&] {
    const auto type = tensor(handle).scalar_type();
    for (int code = SFTypeBool; code <= SFTypeComplex128; ++code) {
      if (scalar_type(static_cast<SFType>(code)) == type) {
        *out = static_cast<SFType>(code);
        return;
      }
    }
    TORCH_CHECK(false, "element type ", type, " has no code");
  });
}

SFDevice sf_device(SFTensor handle) {
  const auto &value = tensor(handle);
  return value.is_cuda() ? value.get_device() : -1;
}

SFStatus sf_item(SFTensor handle, double *out) {
  return guarded([&] { *out = tensor(handle).item().toDouble(); });
}

SFStatus sf_to_type(SFTensor handle, SFType type, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).to(scalar_type(type)); });
}

SFStatus sf_to_device(SFTensor handle, SFDevice where, SFTensor *out) {
  return returning(out, [&] {
    const auto &value = tensor(handle);
    const auto target = device(where);
    // Page-locked memory is copied while the program goes on.
    return value.is_cpu() && target.is_cuda() ? value.pin_memory().to(target, /*non_blocking=*/true) : value.to(target);
  });
}

SFStatus sf_channels_last(SFTensor handle, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).contiguous(at::MemoryFormat::ChannelsLast); });
}

bool sf_is_channels_last(SFTensor handle) {
  const auto &value = tensor(handle);
  return value.dim() == 4 && value.is_contiguous(at::MemoryFormat::ChannelsLast);
}
