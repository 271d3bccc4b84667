// The gradient of a convolution's input by Winograd's F(4x4, 3x3): products of 36 small matrices in place of 144
// multiplications for each tile of 4x4 pixels (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural
// Networks"). A quarter of the arithmetic; about ten times the rounding of the direct form, still 1e-5 of the largest
// value, which is why it serves where attacks climb and not where a network answers.
#pragma once
#include <ATen/ATen.h>

namespace steadfast {

// The gradient of x in y = convolution(x, weight), where 3x3 kernels move by one pixel over images with a border of one
// zero pixel; channels-last.
//
// - gradient: of y, N×K×H×W, single precision.
// - weight: K×C×3×3.
// - output: y itself where a ReLU stands behind the convolution, whose gradient passes only where y is above 0;
//   undefined otherwise.
//
// Nothing where the direct form is to be taken: on a processor without AVX-512, for channels that are no multiple of 16
// or very many, for few or small images, and where a result would overflow on this way. Each tile's bits are its own,
// whatever the batch and the threads.
std::optional<at::Tensor> winograd_gradient(const at::Tensor &gradient, const at::Tensor &weight,
                                            const at::Tensor &output);

}  // namespace steadfast
