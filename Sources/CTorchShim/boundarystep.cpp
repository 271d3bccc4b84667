#include <memory>

#include "guard.h"
#include "hyperplane.h"
#include "parallel.h"

using namespace steadfast;

// The steps of the fast adaptive boundary attack (Croce and Hein 2020), sample by sample.

namespace {

struct Step {
  BoxNorm norm;
  double largest_bias, extrapolation;
};

// Pixels in double precision; those behind the last are 0.
template <class Real> SF_INLINED void load(const Real *from, int64_t count, Lanes *to) {
  typedef Real Values __attribute__((vector_size(lanes * sizeof(Real))));
  Values values;
  for (int64_t i = 0; i < count / lanes; ++i) {
    std::memcpy(&values, from + i * lanes, sizeof(values));
    to[i] = __builtin_convertvector(values, Lanes);
  }
  if (count % lanes == 0) return;
  Lanes last = {};
  for (int64_t k = 0; k < count % lanes; ++k) last[k] = from[count / lanes * lanes + k];
  to[count / lanes] = last;
}

template <class Real> SF_INLINED void store(const Lanes *from, int64_t count, Real *to) {
  typedef Real Values __attribute__((vector_size(lanes * sizeof(Real))));
  for (int64_t i = 0; i < count / lanes; ++i) {
    const Values values = __builtin_convertvector(from[i], Values);
    std::memcpy(to + i * lanes, &values, sizeof(values));
  }
  for (int64_t i = count / lanes * lanes; i < count; ++i) to[i] = static_cast<Real>(from[i / lanes][i % lanes]);
}

// One sample on its way: the point x and the clean c, the slope w and its size, and how far the pixels of both move
// toward the plane (at first the room that they have).
struct Sample {
  Lanes *x, *c, *w, *gain, *move, *clean_move;
  int64_t count, blocks;
  double gap = 0, clean_gap = 0;

  Sample(Lanes *memory, int64_t count) : count(count), blocks(blocks_of(count)) {
    for (Lanes **each : {&x, &c, &w, &gain, &move, &clean_move}) {
      *each = memory;
      memory += blocks;
    }
  }
  static int64_t size(int64_t count) { return 6 * blocks_of(count); }
};

inline double sign_of(double gap) { return gap < 0 ? -1 : 1; }

// How far x and c are from the plane f + <w, z - x> = 0, and the room on the way there.
template <class Real>
SF_INLINED void begin(Sample &sample, const Real *point, const Real *clean, const Real *gradient, double f) {
  load(point, sample.count, sample.x);
  load(clean, sample.count, sample.c);
  load(gradient, sample.count, sample.w);
  Lanes products = {};
  for (int64_t i = 0; i < sample.blocks; ++i) {
    const Lanes w = sample.w[i];
    products += w * (sample.x[i] - sample.c[i]);
    sample.gain[i] = w < 0.0 ? -w : w;
  }
  sample.gap = -f;
  sample.clean_gap = total(products) - f;
  fill_room(sample.w, sample.x, sign_of(sample.gap), sample.blocks, sample.move);
  fill_room(sample.w, sample.c, sign_of(sample.clean_gap), sample.blocks, sample.clean_move);
}

SF_VECTORIZED void begin_float(Sample &sample, const float *x, const float *c, const float *w, double f) {
  begin(sample, x, c, w, f);
}

SF_VECTORIZED void begin_double(Sample &sample, const double *x, const double *c, const double *w, double f) {
  begin(sample, x, c, w, f);
}

SF_VECTORIZED void project_together(Sample &sample, bool even) {
  move_together(sample.gain, std::fabs(sample.gap), even, sample.blocks, sample.move);
  move_together(sample.gain, std::fabs(sample.clean_gap), even, sample.blocks, sample.clean_move);
}

void project_in_turn(Sample &sample) {
  const auto *gain = reinterpret_cast<const double *>(sample.gain);
  const auto order = by_gain(gain, sample.count);
  move_in_turn(gain, std::fabs(sample.gap), order, reinterpret_cast<double *>(sample.move));
  move_in_turn(gain, std::fabs(sample.clean_gap), order, reinterpret_cast<double *>(sample.clean_move));
}

// Equations 7 to 9: both extrapolated and averaged, so that the nearer weighs more. Two ways of no length have a ratio,
// too.
SF_VECTORIZED void average(Sample &sample, const Step &step) {
  const double way = std::max(length(step.norm, sample.move, sample.blocks), 1e-8);
  const double clean_way = std::max(length(step.norm, sample.clean_move, sample.blocks), 1e-8);
  const double bias = std::min(way / (way + clean_way), step.largest_bias);
  const double sign = sign_of(sample.gap), clean_sign = sign_of(sample.clean_gap);
  for (int64_t i = 0; i < sample.blocks; ++i) {
    const Lanes upward = sample.move[i], clean_upward = sample.clean_move[i];
    const Lanes d = sign * sample.w[i] < 0.0 ? -upward : upward;
    const Lanes d0 = clean_sign * sample.w[i] < 0.0 ? -clean_upward : clean_upward;
    const Lanes z = (sample.x[i] + d * step.extrapolation) * (1 - bias) +
                    (sample.c[i] + d0 * step.extrapolation) * bias;
    sample.x[i] = z < 0.0 ? Lanes{} : z > 1.0 ? 1.0 - Lanes{} : z;
  }
}

SF_VECTORIZED void end_float(const Sample &sample, float *result) { store(sample.x, sample.count, result); }
SF_VECTORIZED void end_double(const Sample &sample, double *result) { store(sample.x, sample.count, result); }

SF_VECTORIZED void step_back(const float *x, const float *c, float part, int64_t count, float *result) {
  for (int64_t i = 0; i < count; ++i) result[i] = std::min(std::max(c[i] + (x[i] - c[i]) * part, 0.0f), 1.0f);
}

BoxNorm norm_of(double order) {
  TORCH_CHECK(order == 1 || order == 2 || order == INFINITY, "no projection in the norm of order ", order);
  return order == 1 ? BoxNorm::l1 : order == 2 ? BoxNorm::l2 : BoxNorm::linf;
}

// Images that lie in memory as all others here do.
at::Tensor images(const at::Tensor &x, const at::Tensor &like) {
  TORCH_CHECK(x.is_cpu() && x.dim() == 4 && x.scalar_type() == like.scalar_type() && x.sizes() == like.sizes(),
              "images of shape ", x.sizes(), " and type ", x.scalar_type(), " where ", like.sizes(), " of ",
              like.scalar_type(), " are expected");
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

int64_t pixels_of(const at::Tensor &x) { return x.size(1) * x.size(2) * x.size(3); }

}  // namespace

SFStatus sf_boundary_step(SFTensor points, SFTensor clean, SFTensor gradient, SFTensor difference, double order,
                          double largest_bias, double extrapolation, SFTensor *out) {
  return returning(out, [&] {
    const auto x = images(tensor(points), tensor(points)), c = images(tensor(clean), x);
    const auto w = images(tensor(gradient), x), f = tensor(difference).contiguous();
    TORCH_CHECK(f.is_cpu() && f.scalar_type() == at::kDouble && f.numel() == x.size(0), "differences ", f.sizes(),
                " of ", f.scalar_type(), " for ", x.size(0), " images");
    const Step step{norm_of(order), largest_bias, extrapolation};
    auto result = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
    const int64_t count = pixels_of(x);
    const double *values = f.const_data_ptr<double>();
    const auto walk = [&](auto begin, auto end, const auto *from, const auto *other, const auto *slope, auto *to) {
      each_index(x.size(0), 8, [&](int64_t row) {
        const std::unique_ptr<Lanes[]> memory(new Lanes[Sample::size(count)]);
        Sample sample(memory.get(), count);
        begin(sample, from + row * count, other + row * count, slope + row * count, values[row]);
        if (step.norm == BoxNorm::l1) {
          project_in_turn(sample);
        } else {
          project_together(sample, step.norm == BoxNorm::linf);
        }
        average(sample, step);
        end(sample, to + row * count);
      });
    };
    if (x.scalar_type() == at::kDouble) {
      walk(begin_double, end_double, x.const_data_ptr<double>(), c.const_data_ptr<double>(),
           w.const_data_ptr<double>(), result.mutable_data_ptr<double>());
    } else {
      walk(begin_float, end_float, x.const_data_ptr<float>(), c.const_data_ptr<float>(), w.const_data_ptr<float>(),
           result.mutable_data_ptr<float>());
    }
    return result;
  });
}

SFStatus sf_step_back(SFTensor points, SFTensor clean, SFTensor chosen, double part, SFTensor *out) {
  return returning(out, [&] {
    const auto x = images(tensor(points), tensor(points)), c = images(tensor(clean), x);
    const auto rows = tensor(chosen).contiguous();
    TORCH_CHECK(rows.is_cpu() && rows.scalar_type() == at::kByte && rows.numel() == x.size(0), "choice ", rows.sizes(),
                " of ", rows.scalar_type(), " for ", x.size(0), " images");
    auto result = x.clone();
    const int64_t count = pixels_of(x);
    const uint8_t *is_chosen = rows.const_data_ptr<uint8_t>();
    const float *from = x.const_data_ptr<float>(), *start = c.const_data_ptr<float>();
    float *to = result.mutable_data_ptr<float>();
    each_index(x.size(0), std::max<int64_t>(1, 32768 / std::max<int64_t>(1, count)), [&](int64_t row) {
      const int64_t place = row * count;
      if (is_chosen[row]) step_back(from + place, start + place, static_cast<float>(part), count, to + place);
    });
    return result;
  });
}
