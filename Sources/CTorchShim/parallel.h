// Loops of our own on libtorch's threads, compiled for each kind of processor.
#pragma once
#include <ATen/TensorIterator.h>

#if defined(__x86_64__) && defined(__linux__)
#define SF_VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SF_VECTORIZED
#endif

namespace steadfast {

// body(index) for every index in 0..<count, at least `grain` of them to a thread; in any order.
template <class Body> void each_index(int64_t count, int64_t grain, const Body &body) {
  if (count == 0) return;
  auto marks = at::empty({count}, at::kByte);
  const char *first = static_cast<const char *>(marks.data_ptr());
  auto iterator = at::TensorIterator::nullary_op(marks);
  iterator.for_each(
      [&](char **data, const int64_t *strides, int64_t inner, int64_t outer) {
        for (int64_t j = 0; j < outer; ++j) {
          for (int64_t i = 0; i < inner; ++i) body(data[0] + i * strides[0] + j * strides[1] - first);
        }
      },
      grain);
}

}  // namespace steadfast
