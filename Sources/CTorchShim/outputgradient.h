// What our own ways to the gradient of a convolution's input start from: the gradient of its output.
#pragma once
#include <ATen/ATen.h>

#include "vectors.h"

#if defined(__x86_64__)

namespace steadfast {

// The gradient of images y, N×K×H×W, in channels-last order in memory.
class OutputGradient {
 public:
  // - output: y itself where a ReLU stands behind the convolution, whose gradient passes only where y is above 0;
  //   undefined otherwise.
  OutputGradient(const at::Tensor &gradient, const at::Tensor &output)
      : gradient_(gradient.contiguous(at::MemoryFormat::ChannelsLast)),
        output_(output.defined() ? output.contiguous(at::MemoryFormat::ChannelsLast) : output) {}

  // Whether the loops can walk over it: single precision, on a processor that has them.
  static bool fits(const at::Tensor &gradient) {
    return has_vectors() && gradient.is_cpu() && gradient.scalar_type() == at::kFloat && gradient.dim() == 4;
  }

  int64_t size(int64_t dim) const { return gradient_.size(dim); }
  at::TensorOptions options() const { return gradient_.options(); }
  const float *slopes() const { return gradient_.const_data_ptr<float>(); }
  // Null without a ReLU.
  const float *answers() const { return output_.defined() ? output_.const_data_ptr<float>() : nullptr; }

 private:
  at::Tensor gradient_, output_;
};

}  // namespace steadfast

#endif
