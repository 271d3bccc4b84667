// The gradient of a convolution's input by its definition: that of each pixel of the output is spread over the window
// that the kernel saw there, and where windows overlap they add up. One matrix product for a dozen pixels, whose windows
// are added while they are in the cache; oneDNN has no good form for strided kernels, nor for few input channels.
#pragma once
#include <ATen/ATen.h>

namespace steadfast {

// Below so many input channels this is the faster way for kernels of stride 1 too.
constexpr int64_t few_channels = 16;

// The gradient of x in y = convolution(x, weight), without groups and dilation; channels-last.
//
// - gradient: of y, N×K×H'×W', single precision.
// - weight: K×C×h×w.
// - shape: of x.
// - output: y itself where a ReLU stands behind the convolution, whose gradient passes only where y is above 0;
//   undefined otherwise.
//
// Nothing on a processor without AVX-512. Each image's bits are its own, whatever the batch and the threads.
std::optional<at::Tensor> gradient_by_windows(const at::Tensor &gradient, const at::Tensor &weight,
                                              at::IntArrayRef shape, at::IntArrayRef stride, at::IntArrayRef padding,
                                              const at::Tensor &output);

}  // namespace steadfast
