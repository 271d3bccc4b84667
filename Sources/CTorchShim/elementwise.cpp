#include "guard.h"

using namespace steadfast;

#define SF_DEFINE(name)                                        \
  SFStatus sf_##name(SFTensor handle, SFTensor *out) {         \
    return returning(out, [&] { return tensor(handle).name(); }); \
  }
SF_UNARY_OPS(SF_DEFINE)
#undef SF_DEFINE

#define SF_DEFINE(name)                                                          \
  SFStatus sf_##name(SFTensor a, SFTensor b, SFTensor *out) {                    \
    return returning(out, [&] { return at::name(tensor(a), tensor(b)); });       \
  }
SF_BINARY_OPS(SF_DEFINE)
#undef SF_DEFINE

#define SF_DEFINE(name)                                                            \
  SFStatus sf_##name##_scalar(SFTensor handle, double scalar, SFTensor *out) {     \
    return returning(out, [&] { return tensor(handle).name(scalar); });            \
  }
SF_SCALAR_OPS(SF_DEFINE)
#undef SF_DEFINE

SFStatus sf_zeros_like(SFTensor handle, SFTensor *out) {
  return returning(out, [&] { return at::zeros_like(tensor(handle)); });
}

SFStatus sf_scalar_sub(double scalar, SFTensor handle, SFTensor *out) {
  return returning(out, [&] { return at::rsub(tensor(handle), scalar); });
}

SFStatus sf_scalar_div(double scalar, SFTensor handle, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).reciprocal().mul(scalar); });
}

SFStatus sf_clamp(SFTensor handle, double low, double high, SFTensor *out) {
  return returning(out, [&] { return tensor(handle).clamp(low, high); });
}

SFStatus sf_clamp_tensor(SFTensor handle, SFTensor low, SFTensor high, SFTensor *out) {
  return returning(out, [&] { return at::clamp(tensor(handle), tensor(low), tensor(high)); });
}

SFStatus sf_where(SFTensor condition, SFTensor a, SFTensor b, SFTensor *out) {
  return returning(out, [&] { return at::where(tensor(condition), tensor(a), tensor(b)); });
}

SFStatus sf_addcmul(SFTensor handle, SFTensor a, SFTensor b, double value, SFTensor *out) {
  return returning(out, [&] { return at::addcmul(tensor(handle), tensor(a), tensor(b), value); });
}
