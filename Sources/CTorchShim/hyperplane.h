// The shortest way from a point x of the box [0, 1] to a hyperplane <w, z> = b inside the box, in L-infinity, L2 and L1
// (Croce and Hein 2020, equation 4 and section 2.1).
//
// With signs flipped so that every pixel moves upward in t, with u = |w| and room r, the way minimises |t| under
// sum u t = |b - <w, x>| and 0 <= t <= r. In L-infinity and L2 that is t = min(l v, r) with v = 1 and v = u; in L1 the
// pixels of the largest u are used up one after another. Where plane and box do not meet, the way ends in the corner of
// the box that is nearest to the plane: t = r.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

// The same bits on every processor: the order of sums is fixed, and no product is rounded together with a sum.
#pragma clang fp contract(off)
// Into functions that are compiled for several kinds of processor.
#define SF_INLINED [[gnu::always_inline]] inline

namespace steadfast {

// So many pixels side by side, in double precision.
constexpr int64_t lanes = 8;
typedef double Lanes __attribute__((vector_size(lanes * sizeof(double))));

enum class BoxNorm { linf, l2, l1 };

inline int64_t blocks_of(int64_t count) { return (count + lanes - 1) / lanes; }

SF_INLINED double total(const Lanes &sums) {
  double result = 0;
  for (int64_t k = 0; k < lanes; ++k) result += sums[k];
  return result;
}

// The room of each pixel on the way upward in sign·<w, x>; none where w is 0.
SF_INLINED void fill_room(const Lanes *w, const Lanes *x, double sign, int64_t blocks, Lanes *room) {
  for (int64_t i = 0; i < blocks; ++i) {
    const Lanes direction = sign * w[i];
    room[i] = direction > 0.0 ? 1.0 - x[i] : direction < 0.0 ? x[i] : Lanes{};
  }
}

// From rooms to moves in L-infinity (`even`) and L2: min(l v, r) with l the root of g(l) = sum of u min(l v, r) at the
// gap. g is concave and rises, so Newton's steps from 0 stay below the root and end in the piece of g that holds it.
SF_INLINED void move_together(const Lanes *gain, double gap, bool even, int64_t blocks, Lanes *room) {
  Lanes reach = {}, start = {};
  for (int64_t i = 0; i < blocks; ++i) {
    reach += gain[i] * room[i];
    start += room[i] > 0.0 ? (even ? gain[i] : gain[i] * gain[i]) : Lanes{};
  }
  double slope = total(start);
  if (total(reach) <= gap || !(slope > 0)) return;
  double l = gap / slope;
  for (int64_t step = 0; step <= blocks * lanes; ++step) {
    Lanes gained = {}, rising = {};
    for (int64_t i = 0; i < blocks; ++i) {
      const Lanes full = even ? l - Lanes{} : l * gain[i];
      gained += gain[i] * (full < room[i] ? full : room[i]);
      rising += full < room[i] ? (even ? gain[i] : gain[i] * gain[i]) : Lanes{};
    }
    const double missing = gap - total(gained);
    slope = total(rising);
    // Rounding may leave a rest where every pixel is at its end.
    if (!(missing > 0) || !(slope > 0)) break;
    const double next = l + missing / slope;
    if (!(next > l)) break;
    l = next;
  }
  for (int64_t i = 0; i < blocks; ++i) {
    const Lanes full = even ? l - Lanes{} : l * gain[i];
    room[i] = full < room[i] ? full : room[i];
  }
}

// Pixels by falling u, equal ones in their order.
inline std::vector<int64_t> by_gain(const double *gain, int64_t count) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return gain[a] > gain[b] || (gain[a] == gain[b] && a < b); });
  return order;
}

// From rooms to moves in L1: the pixels filled in this order, until the rest is nothing.
inline void move_in_turn(const double *gain, double gap, const std::vector<int64_t> &order, double *room) {
  for (const int64_t i : order) {
    const double move = gain[i] > 0 ? std::min(gap / gain[i], room[i]) : 0;
    gap = move < room[i] ? 0 : std::max(0.0, gap - gain[i] * move);
    room[i] = move;
  }
}

SF_INLINED double length(BoxNorm norm, const Lanes *move, int64_t blocks) {
  Lanes result = {};
  for (int64_t i = 0; i < blocks; ++i) {
    if (norm == BoxNorm::linf) {
      result = move[i] > result ? move[i] : result;
    } else {
      result += norm == BoxNorm::l2 ? move[i] * move[i] : move[i];
    }
  }
  if (norm != BoxNorm::linf) return norm == BoxNorm::l2 ? std::sqrt(total(result)) : total(result);
  double largest = 0;
  for (int64_t k = 0; k < lanes; ++k) largest = std::max(largest, result[k]);
  return largest;
}

}  // namespace steadfast
