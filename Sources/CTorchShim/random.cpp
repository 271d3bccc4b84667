// The tensor twin of RandomStreams: value (key, counter) -> 64 bits is SplitMix64's output function
// (Steele, Lea, Flood 2014) applied to key + (counter + 1) * golden gamma.
#include <cmath>

#include "guard.h"

using namespace steadfast;

namespace {

uint64_t bits(uint64_t key, uint64_t counter) {
  uint64_t z = key + (counter + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

double uniform(uint64_t key, uint64_t counter) { return static_cast<double>(bits(key, counter) >> 11) * 0x1p-53; }

// The leading bits only: as many as a type holds without rounding up to 1.
template <int Bits>
double short_uniform(uint64_t key, uint64_t counter) {
  return static_cast<double>(bits(key, counter) >> (64 - Bits)) / static_cast<double>(uint64_t{1} << Bits);
}

using Draw = double (*)(uint64_t, uint64_t);

Draw uniform_for(SFType type) {
  switch (type) {
    case SFTypeFloat64: return uniform;
    case SFTypeFloat16: return short_uniform<11>;
    case SFTypeBFloat16: return short_uniform<8>;
    default: return short_uniform<24>;
  }
}

// Box–Muller; 1 - u lies in (0, 1], so the logarithm is finite.
double normal(uint64_t key, uint64_t counter) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform(key, 2 * counter)));
  return radius * std::cos(2.0 * 3.14159265358979323846 * uniform(key, 2 * counter + 1));
}

at::Tensor rows(const uint64_t *keys, int64_t count, int64_t columns, SFType type, Draw draw) {
  auto result = at::empty({count, columns}, at::dtype(at::kDouble));
  double *values = result.mutable_data_ptr<double>();
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < columns; ++j) values[i * columns + j] = draw(keys[i], static_cast<uint64_t>(j));
  }
  return result.to(scalar_type(type));
}

}  // namespace

SFStatus sf_uniform_rows(const uint64_t *keys, int64_t count, int64_t columns, SFType type, SFTensor *out) {
  return returning(out, [&] { return rows(keys, count, columns, type, uniform_for(type)); });
}

SFStatus sf_normal_rows(const uint64_t *keys, int64_t count, int64_t columns, SFType type, SFTensor *out) {
  return returning(out, [&] { return rows(keys, count, columns, type, normal); });
}
