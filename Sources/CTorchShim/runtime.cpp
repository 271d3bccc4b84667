#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#include <dlfcn.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <new>
#include <string>

#include "guard.h"

namespace steadfast {

namespace {
thread_local std::string last_error;
}

void remember_error(const char *message) noexcept {
  try {
    last_error = message;
  } catch (...) {
    last_error.clear();
  }
}

SFStatus status_of_current_exception() noexcept {
  try {
    throw;
  } catch (const c10::OutOfMemoryError &error) {
    remember_error(error.what_without_backtrace());
    return SFStatusOutOfMemory;
  } catch (const c10::Error &error) {
    const std::string message = error.what_without_backtrace();
    remember_error(message.c_str());
    // The CPU allocator reports exhaustion as a plain error; its message is the only mark.
    return message.find("DefaultCPUAllocator") != std::string::npos ? SFStatusOutOfMemory : SFStatusTorch;
  } catch (const std::bad_alloc &error) {
    remember_error(error.what());
    return SFStatusOutOfMemory;
  } catch (const std::exception &error) {
    remember_error(error.what());
    return SFStatusInternal;
  } catch (...) {
    remember_error("an exception of unknown type");
    return SFStatusInternal;
  }
}

at::ScalarType scalar_type(SFType type) {
  switch (type) {
    case SFTypeBool: return at::kBool;
    case SFTypeUInt8: return at::kByte;
    case SFTypeInt8: return at::kChar;
    case SFTypeInt16: return at::kShort;
    case SFTypeInt32: return at::kInt;
    case SFTypeInt64: return at::kLong;
    case SFTypeFloat16: return at::kHalf;
    case SFTypeBFloat16: return at::kBFloat16;
    case SFTypeFloat32: return at::kFloat;
    case SFTypeFloat64: return at::kDouble;
    case SFTypeComplex64: return at::kComplexFloat;
    case SFTypeComplex128: return at::kComplexDouble;
  }
  TORCH_CHECK(false, "unknown element type code ", static_cast<int>(type));
}

at::Device device(SFDevice device) {
  return device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device));
}

std::vector<at::Tensor> list(const SFTensor *handles, int32_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) tensors.push_back(or_undefined(handles[i]));
  return tensors;
}

}  // namespace steadfast

using namespace steadfast;

const char *sf_last_error(void) { return last_error.c_str(); }
const char *sf_torch_version(void) { return TORCH_VERSION; }

const char *sf_cpu_capability(void) {
  static const std::string name = at::get_cpu_capability();
  return name.c_str();
}

SFStatus sf_set_threads(int32_t count) {
  return guarded([&] { at::set_num_threads(count); });
}

int32_t sf_threads(void) { return at::get_num_threads(); }

int32_t sf_cuda_device_count(void) {
  // The CUDA half of libtorch registers itself when loaded. It is looked for at run time, so that one build of
  // Steadfast serves both kinds of libtorch.
  static const bool loaded = [] {
    // Without it cuBLAS gives other bits from run to run; it is read when CUDA starts.
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*replace=*/0);
    return dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr;
  }();
  if (!loaded) return 0;
  try {
    return at::hasCUDA() ? static_cast<int32_t>(at::detail::getCUDAHooks().deviceCount()) : 0;
  } catch (...) {
    return 0;
  }
}

SFStatus sf_synchronize(SFDevice where) {
  return guarded([&] {
    if (where >= 0) at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(where));
  });
}

bool sf_gradients_enabled(void) { return c10::GradMode::is_enabled(); }
void sf_set_gradients_enabled(bool enabled) { c10::GradMode::set_enabled(enabled); }

void sf_keep_freed_memory(void) {
#ifdef __GLIBC__
  // Activations are freed and asked for again in every step. glibc would return each to the system and have its pages
  // zeroed anew. Thresholds are in bytes; glibc allows the first at most 32 MiB.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

SFStatus sf_use_deterministic_fp32(void) {
  return guarded([&] {
    auto &context = at::globalContext();
    context.setDeterministicAlgorithms(true, /*warn_only=*/true);
    // Nothing here reads memory before it is written; filling it first would cost as much as writing it.
    context.setDeterministicFillUninitializedMemory(false);
    context.setBenchmarkCuDNN(false);
    context.setAllowTF32CuBLAS(false);
    context.setAllowTF32CuDNN(false);
  });
}
