// Loops of our own over 16 floats at a time, where the processor has AVX-512.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstdint>
#include <memory>

#define SF_AVX512 __attribute__((target("avx512f,fma")))
#define SF_KERNEL SF_AVX512 __attribute__((always_inline)) inline
#define SF_UNROLLED _Pragma("clang loop unroll(full)")

namespace steadfast {

// So many floats side by side.
constexpr int lanes = 16;
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float)), aligned(alignof(float))));

inline bool has_vectors() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
  return has;
}

SF_KERNEL Lanes all(float value) { return (Lanes)_mm512_set1_ps(value); }
SF_KERNEL Lanes load(const float *from) { return (Lanes)_mm512_loadu_ps(from); }
SF_KERNEL void store(float *to, Lanes values) { _mm512_storeu_ps(to, (__m512)values); }

// Rows of a product whose sums are in registers at once.
constexpr int rows = 12;

// Of the product below so many columns.
template <int vectors>
SF_KERNEL void multiply_columns(const float *left, const float *right, int64_t inner, int64_t columns, float *out) {
  Lanes sums[rows][vectors];
  SF_UNROLLED for (int r = 0; r < rows; ++r) SF_UNROLLED for (int v = 0; v < vectors; ++v) sums[r][v] = Lanes{};
  for (int64_t i = 0; i < inner; ++i) {
    Lanes factors[vectors];
    SF_UNROLLED for (int v = 0; v < vectors; ++v) factors[v] = load(right + i * columns + v * lanes);
    SF_UNROLLED for (int r = 0; r < rows; ++r) {
      const Lanes value = all(left[r * inner + i]);
      SF_UNROLLED for (int v = 0; v < vectors; ++v) sums[r][v] += value * factors[v];
    }
  }
  SF_UNROLLED for (int r = 0; r < rows; ++r) {
    SF_UNROLLED for (int v = 0; v < vectors; ++v) store(out + r * columns + v * lanes, sums[r][v]);
  }
}

// A product of row-major matrices, of rows × inner and inner × columns: so many columns as make whole vectors.
SF_KERNEL void multiply(const float *left, const float *right, int64_t inner, int64_t columns, float *out) {
  int64_t column = 0;
  for (; column + 2 * lanes <= columns; column += 2 * lanes) {
    multiply_columns<2>(left, right + column, inner, columns, out + column);
  }
  if (column < columns) multiply_columns<1>(left, right + column, inner, columns, out + column);
}

// Memory of a thread, kept from call to call: old values or zeros.
inline float *room_for(int64_t count) {
  static thread_local std::unique_ptr<float[]> room;
  static thread_local int64_t held = 0;
  if (held < count) {
    room.reset(new float[count]());
    held = count;
  }
  return room.get();
}

}  // namespace steadfast

#endif
