// The C face of libtorch: the one header that Swift sees.
//
// Every function returns a status. On failure `sf_last_error` gives the message of the calling thread's last
// failure; outputs are then untouched. A tensor that comes out through `out` is owned by the caller, who frees it
// with `sf_tensor_free`. No C++ exception crosses this header.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct SFTensorOpaque *SFTensor;

typedef enum SFStatus : int32_t {
  SFStatusOK = 0,
  SFStatusTorch = 1,        // libtorch refused: shapes, types, arguments
  SFStatusOutOfMemory = 2,
  SFStatusInternal = 3,     // any other C++ exception
} SFStatus;

// Codes of element types; the order is this header's own.
typedef enum SFType : int32_t {
  SFTypeBool = 0, SFTypeUInt8, SFTypeInt8, SFTypeInt16, SFTypeInt32, SFTypeInt64,
  SFTypeFloat16, SFTypeBFloat16, SFTypeFloat32, SFTypeFloat64, SFTypeComplex64, SFTypeComplex128,
} SFType;

// A device: -1 is the CPU, n >= 0 the n-th CUDA device.
typedef int32_t SFDevice;

const char *sf_last_error(void);

// ---- runtime.cpp: the library and the calling thread --------------------------------------------------------
const char *sf_torch_version(void);
const char *sf_cpu_capability(void);
SFStatus sf_set_threads(int32_t count);
int32_t sf_threads(void);
int32_t sf_cuda_device_count(void);
// Waits until a device has done all that it was asked for.
SFStatus sf_synchronize(SFDevice where);
bool sf_gradients_enabled(void);
void sf_set_gradients_enabled(bool enabled);
SFStatus sf_use_deterministic_fp32(void);
// From here on, what is freed is kept for the next tensor of its size.
void sf_keep_freed_memory(void);

// ---- tensor.cpp: making, reading, moving --------------------------------------------------------------------
void sf_tensor_free(SFTensor tensor);
// A second handle of the same tensor.
SFStatus sf_share(SFTensor tensor, SFTensor *out);
SFStatus sf_from_bytes(const void *bytes, size_t count, SFType type, const int64_t *shape, int32_t rank, SFTensor *out);
SFStatus sf_copy_bytes(SFTensor tensor, void *bytes, size_t count);
SFStatus sf_full(const int64_t *shape, int32_t rank, SFType type, SFDevice device, double value, SFTensor *out);
SFStatus sf_arange(int64_t count, SFType type, SFDevice device, SFTensor *out);
SFStatus sf_eye(int64_t n, SFType type, SFDevice device, SFTensor *out);
int32_t sf_rank(SFTensor tensor);
int64_t sf_size(SFTensor tensor, int32_t dimension);
SFStatus sf_type(SFTensor tensor, SFType *out);
SFDevice sf_device(SFTensor tensor);
SFStatus sf_item(SFTensor tensor, double *out);
SFStatus sf_to_type(SFTensor tensor, SFType type, SFTensor *out);
SFStatus sf_to_device(SFTensor tensor, SFDevice device, SFTensor *out);
SFStatus sf_channels_last(SFTensor tensor, SFTensor *out);
bool sf_is_channels_last(SFTensor tensor);

// ---- elementwise.cpp ------------------------------------------------------------------------------------------
#define SF_UNARY_OPS(X)                                                                                          \
  X(neg) X(abs) X(sign) X(sqrt) X(rsqrt) X(exp) X(log) X(square) X(round) X(floor) X(relu) X(tanh) X(sigmoid)    \
  X(isfinite) X(logical_not) X(clone) X(detach) X(contiguous)
#define SF_DECLARE(name) SFStatus sf_##name(SFTensor tensor, SFTensor *out);
SF_UNARY_OPS(SF_DECLARE)
#undef SF_DECLARE

#define SF_BINARY_OPS(X)                                                                                         \
  X(add) X(sub) X(mul) X(div) X(minimum) X(maximum) X(matmul) X(eq) X(ne) X(lt) X(le) X(gt) X(ge)                \
  X(logical_and) X(logical_or)
#define SF_DECLARE(name) SFStatus sf_##name(SFTensor a, SFTensor b, SFTensor *out);
SF_BINARY_OPS(SF_DECLARE)
#undef SF_DECLARE

#define SF_SCALAR_OPS(X) X(add) X(mul) X(div) X(pow) X(eq) X(lt) X(le) X(gt) X(ge)
#define SF_DECLARE(name) SFStatus sf_##name##_scalar(SFTensor tensor, double scalar, SFTensor *out);
SF_SCALAR_OPS(SF_DECLARE)
#undef SF_DECLARE

SFStatus sf_zeros_like(SFTensor tensor, SFTensor *out);
SFStatus sf_scalar_sub(double scalar, SFTensor tensor, SFTensor *out);
SFStatus sf_scalar_div(double scalar, SFTensor tensor, SFTensor *out);
SFStatus sf_clamp(SFTensor tensor, double low, double high, SFTensor *out);
SFStatus sf_clamp_tensor(SFTensor tensor, SFTensor low, SFTensor high, SFTensor *out);
SFStatus sf_where(SFTensor condition, SFTensor a, SFTensor b, SFTensor *out);
SFStatus sf_addcmul(SFTensor tensor, SFTensor a, SFTensor b, double value, SFTensor *out);

// ---- reduce.cpp: no dimensions given means all of them ---------------------------------------------------------
SFStatus sf_sum(SFTensor tensor, const int64_t *dims, int32_t count, bool keep, SFTensor *out);
SFStatus sf_mean(SFTensor tensor, const int64_t *dims, int32_t count, bool keep, SFTensor *out);
SFStatus sf_amax(SFTensor tensor, const int64_t *dims, int32_t count, bool keep, SFTensor *out);
SFStatus sf_amin(SFTensor tensor, const int64_t *dims, int32_t count, bool keep, SFTensor *out);
SFStatus sf_norm(SFTensor tensor, double p, const int64_t *dims, int32_t count, bool keep, SFTensor *out);
SFStatus sf_logsumexp(SFTensor tensor, int64_t dim, bool keep, SFTensor *out);
SFStatus sf_argmax(SFTensor tensor, int64_t dim, SFTensor *out);
SFStatus sf_all(SFTensor tensor, SFTensor *out);
SFStatus sf_top(SFTensor tensor, int64_t k, int64_t dim, SFTensor *values, SFTensor *indices);
SFStatus sf_sort(SFTensor tensor, int64_t dim, bool descending, SFTensor *values, SFTensor *indices);
SFStatus sf_cumsum(SFTensor tensor, int64_t dim, SFTensor *out);

// ---- shape.cpp -------------------------------------------------------------------------------------------------
SFStatus sf_reshape(SFTensor tensor, const int64_t *shape, int32_t rank, SFTensor *out);
SFStatus sf_expand(SFTensor tensor, const int64_t *shape, int32_t rank, SFTensor *out);
SFStatus sf_permute(SFTensor tensor, const int64_t *dims, int32_t rank, SFTensor *out);
SFStatus sf_narrow(SFTensor tensor, int64_t dim, int64_t start, int64_t length, SFTensor *out);
SFStatus sf_strided(SFTensor tensor, int64_t dim, int64_t start, int64_t step, SFTensor *out);
SFStatus sf_flip(SFTensor tensor, const int64_t *dims, int32_t count, SFTensor *out);
SFStatus sf_index_select(SFTensor tensor, int64_t dim, SFTensor index, SFTensor *out);
SFStatus sf_gather(SFTensor tensor, int64_t dim, SFTensor index, SFTensor *out);
SFStatus sf_scatter_value(SFTensor tensor, int64_t dim, SFTensor index, double value, SFTensor *out);
SFStatus sf_cat(const SFTensor *tensors, int32_t count, int64_t dim, SFTensor *out);
SFStatus sf_stack(const SFTensor *tensors, int32_t count, int64_t dim, SFTensor *out);
// Zero padding of the last two dimensions: {left, right, top, bottom}; negative amounts crop.
SFStatus sf_pad2d(SFTensor tensor, const int64_t amounts[4], SFTensor *out);

// ---- convolution.cpp: bias and matrix may be null. The matrix, out×in, is added to the weight's centre tap. With
// `activates`, the ReLU behind the convolution is part of it ----------------------------------------------------------
SFStatus sf_conv2d(SFTensor input, SFTensor weight, SFTensor bias, SFTensor matrix, const int64_t stride[2],
                   const int64_t padding[2], const int64_t dilation[2], int64_t groups, bool activates, SFTensor *out);

// ---- normalize.cpp: weight and bias may be null. With `activates`, the ReLU behind the norm is part of it ----------
SFStatus sf_batch_norm(SFTensor input, SFTensor weight, SFTensor bias, SFTensor mean, SFTensor variance, bool training,
                       double momentum, double epsilon, bool activates, SFTensor *out);

// ---- affine.cpp: ReLU(scale·x + shift) of each channel; a null scale is 1 --------------------------------------------
SFStatus sf_activated_affine(SFTensor input, SFTensor scale, SFTensor shift, SFTensor *out);

// ---- flatten.cpp: N x (everything else) ----------------------------------------------------------------------------
SFStatus sf_flatten(SFTensor input, SFTensor *out);

// ---- boundarystep.cpp: the steps of the fast adaptive boundary attack, images N×C×H×W on the CPU -------------------
// From points toward the boundary f + <w, z - x> = 0 inside the box [0, 1] (equations 7 to 9), without the backward
// step: points, clean images and gradients w in float32 or float64, differences f in float64 (N); `order` of the norm
// 1, 2 or infinity. Computed in float64. The result is channels-last.
SFStatus sf_boundary_step(SFTensor points, SFTensor clean, SFTensor gradient, SFTensor difference, double order,
                          double largest_bias, double extrapolation, SFTensor *out);
// Points clean + part·(point - clean) of the chosen images (uint8, N), clipped to the box; the others as they are.
// float32.
SFStatus sf_step_back(SFTensor points, SFTensor clean, SFTensor chosen, double part, SFTensor *out);

// ---- layers.cpp: a null weight, bias or statistic is allowed where PyTorch allows None --------------------------
SFStatus sf_linear(SFTensor input, SFTensor weight, SFTensor bias, SFTensor *out);
SFStatus sf_conv2d_transposed(SFTensor input, SFTensor weight, const int64_t stride[2], const int64_t padding[2],
                              const int64_t output_padding[2], const int64_t dilation[2], int64_t groups,
                              SFTensor *out);
SFStatus sf_group_norm(SFTensor input, int64_t groups, SFTensor weight, SFTensor bias, double epsilon, SFTensor *out);
SFStatus sf_layer_norm(SFTensor input, const int64_t *shape, int32_t rank, SFTensor weight, SFTensor bias,
                       double epsilon, SFTensor *out);
SFStatus sf_max_pool2d(SFTensor input, int64_t kernel, int64_t stride, int64_t padding, SFTensor *out);
SFStatus sf_avg_pool2d(SFTensor input, int64_t kernel, int64_t stride, int64_t padding, SFTensor *out);
// Exact form, x·Φ(x).
SFStatus sf_gelu(SFTensor input, SFTensor *out);
SFStatus sf_softmax(SFTensor input, int64_t dim, SFTensor *out);
SFStatus sf_log_softmax(SFTensor input, int64_t dim, SFTensor *out);
// Cross-entropy of logits N×K against int64 labels N; one loss a sample (N) or, with `mean`, their average.
SFStatus sf_cross_entropy(SFTensor logits, SFTensor labels, bool mean, SFTensor *out);

// ---- linalg.cpp --------------------------------------------------------------------------------------------------
SFStatus sf_svdvals(SFTensor matrix, SFTensor *out);
SFStatus sf_qr(SFTensor matrix, SFTensor *q, SFTensor *r);
SFStatus sf_eigvals(SFTensor matrix, SFTensor *real, SFTensor *imaginary);
// Of symmetric matrices: values ascend, the columns of vectors are theirs.
SFStatus sf_eigh(SFTensor matrix, SFTensor *values, SFTensor *vectors);
SFStatus sf_solve(SFTensor matrix, SFTensor right, SFTensor *out);

// ---- autograd.cpp ------------------------------------------------------------------------------------------------
SFStatus sf_set_requires_grad(SFTensor tensor, bool required);
bool sf_requires_grad(SFTensor tensor);
// d outputs / d inputs, contracted with `seeds` (null entries mean one, for scalars). An input that does not matter
// gives a null entry. With `retain_graph` the outputs can be differentiated again.
SFStatus sf_grad(const SFTensor *outputs, const SFTensor *seeds, int32_t output_count, const SFTensor *inputs,
                 int32_t input_count, bool retain_graph, bool create_graph, SFTensor *gradients);

// Replaces the gradient that arrives at `tensor` by what `hook` makes of it. `hook` takes a borrowed gradient and
// yields an owned one; where it fails it says why in `message`, which is `capacity` zeros on entry, the last of them
// its end. `release` is called once, with the last use of `context`, also where registering fails.
typedef bool (*SFGradientHook)(void *context, SFTensor gradient, SFTensor *out, char *message, size_t capacity);
SFStatus sf_hook_gradient(SFTensor tensor, SFGradientHook hook, void *context, void (*release)(void *));

// ---- inplace.cpp: outside the graph --------------------------------------------------------------------------------
SFStatus sf_assign(SFTensor tensor, SFTensor source);
SFStatus sf_sgd_step(const SFTensor *parameters, const SFTensor *gradients, const SFTensor *momenta, int32_t count,
                     double rate, double momentum, double weight_decay, bool nesterov, bool first);
SFStatus sf_adam_step(const SFTensor *parameters, const SFTensor *gradients, const SFTensor *means,
                      const SFTensor *variances, int32_t count, int64_t step, double rate, double beta1, double beta2,
                      double epsilon, double weight_decay, bool decoupled);

// ---- random.cpp: counter-based, one key a row ------------------------------------------------------------------------
// out[i, j] is uniform on [0,1) (or standard normal), a pure function of keys[i] and j.
SFStatus sf_uniform_rows(const uint64_t *keys, int64_t rows, int64_t columns, SFType type, SFTensor *out);
SFStatus sf_normal_rows(const uint64_t *keys, int64_t rows, int64_t columns, SFType type, SFTensor *out);

#ifdef __cplusplus
}
#endif
