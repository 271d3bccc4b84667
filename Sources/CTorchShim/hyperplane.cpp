#include <cmath>
#include <vector>

#include "guard.h"
#include "parallel.h"

using namespace steadfast;

// The shortest way from a point of the box [0, 1] to a hyperplane inside the box, in L-infinity and L2.

namespace {

// So many sums are kept side by side, so that they vectorise; their order does not depend on the processor.
constexpr int64_t lanes = 8;

// sum of term(i) over 0..<count
template <class Term> inline double sum(int64_t count, const Term &term) {
  double parts[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (int64_t k = 0; k < lanes; ++k) parts[k] += term(i + k);
  }
  double total = 0;
  for (; i < count; ++i) total += term(i);
  for (double part : parts) total += part;
  return total;
}

// One point. With signs flipped so that every pixel moves upward, the way is min(l v, r) with r the room of each pixel
// and v the same for all (L-infinity) or u = |w| (L2), and l the root of g(l) = sum of u min(l v, r) at the gap. g is
// concave and rises, so Newton's steps from 0 stay below the root and end in the piece of g that holds it.
SF_VECTORIZED void shift(const double *w, double b, const double *x, int64_t count, bool even, double *gain,
                         double *room, double *way) {
  const double gap = b - sum(count, [&](int64_t i) { return w[i] * x[i]; });
  const double sign = gap < 0 ? -1 : 1, needed = std::fabs(gap);
  for (int64_t i = 0; i < count; ++i) {
    const double direction = sign * w[i];
    gain[i] = std::fabs(w[i]);
    room[i] = direction > 0 ? 1 - x[i] : direction < 0 ? x[i] : 0;
  }
  double multiplier = 0;
  for (int64_t step = 0; step <= count; ++step) {
    const double l = multiplier;
    const double gained = sum(count, [&](int64_t i) {
      const double full = even ? l : l * gain[i];
      return gain[i] * (full < room[i] ? full : room[i]);
    });
    const double slope = sum(count, [&](int64_t i) {
      const double full = even ? l : l * gain[i];
      return full < room[i] ? gain[i] * (even ? 1 : gain[i]) : 0.0;
    });
    // Nothing is missing, or every pixel is at its end: the corner of the box is as near as it gets. NaN ends it too.
    if (!(gained < needed) || !(slope > 0)) break;
    const double next = l + (needed - gained) / slope;
    if (!(next > l)) break;
    multiplier = next;
  }
  for (int64_t i = 0; i < count; ++i) {
    const double full = even ? multiplier : multiplier * gain[i];
    const double length = full < room[i] ? full : room[i];
    way[i] = sign * w[i] < 0 ? -length : length;
  }
}

}  // namespace

SFStatus sf_hyperplane_shift(SFTensor normal, SFTensor offset, SFTensor points, bool even, SFTensor *out) {
  return returning(out, [&] {
    const auto w = tensor(normal).contiguous(), b = tensor(offset).contiguous(), x = tensor(points).contiguous();
    for (const auto *each : {&w, &b, &x}) {
      TORCH_CHECK(each->is_cpu() && each->scalar_type() == at::kDouble, "needs float64 on the CPU");
    }
    TORCH_CHECK(x.dim() == 2 && w.sizes() == x.sizes() && b.numel() == x.size(0), "normals ", w.sizes(), ", offsets ",
                b.sizes(), " and points ", x.sizes(), " do not belong together");
    auto result = at::empty_like(x);
    const int64_t count = x.size(1);
    const double *ws = w.const_data_ptr<double>(), *bs = b.const_data_ptr<double>(), *xs = x.const_data_ptr<double>();
    double *to = result.mutable_data_ptr<double>();
    each_index(x.size(0), 8, [&](int64_t row) {
      std::vector<double> gain(count), room(count);
      shift(ws + row * count, bs[row], xs + row * count, count, even, gain.data(), room.data(), to + row * count);
    });
    return result;
  });
}
