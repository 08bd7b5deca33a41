// max:      m = first;  for kh: for kw: m = x > m or x is NaN ? x : m
// average:  y = (sum over kh of the sums over kw of x, + 0) / divisor
// sum:      s = +0;  for each part of 64 terms: { p = +0;  for each term: p += term;  s += p; }
//
// Written to be read: no loop here is tuned, and each rounding is one expression.
#include <limits>

#include "lib/base/parallel.h"
#include "lib/pool/strategies.h"

namespace windrow::internal {
namespace {

// Calls f(offset of the tap in x, its row, its column) for every tap, in order.
struct Taps {
  const PoolShape& shape;
  Window rows, columns;

  template <typename F, typename G>
  void ForEach(const F& tap, const G& end_of_row) const {
    for (int64_t i = 0; i < rows.taps; ++i) {
      const int64_t h = rows.begin + i * shape.h.dilation;
      for (int64_t j = 0; j < columns.taps; ++j) {
        const int64_t w = columns.begin + j * shape.w.dilation;
        tap(h * shape.xs.h + w * shape.xs.w, h, w);
      }
      end_of_row();
    }
  }
};

void Max(const Taps& taps, const float* x, float& y, int64_t* index) {
  float max = -std::numeric_limits<float>::infinity();
  int64_t at = -1;
  taps.ForEach(
      [&](int64_t offset, int64_t h, int64_t w) {
        const float v = x[offset];
        if (v > max || v != v || at < 0) max = v, at = h * taps.shape.w.in + w;
      },
      [] {});
  // An operation, so that a denormal is flushed if the caller wants that. Not one that a compiler
  // knows to change nothing.
  const volatile float one = 1;
  y = CanonicalNaN(max * one);
  if (index != nullptr) *index = at;
}

// The sum of a window's terms, of which the first, those on padding and hence zero, may be left
// out.
class Sum {
 public:
  explicit Sum(int64_t skipped) : next_(skipped) {}
  void Add(float term) {
    if (next_++ % kPartTaps == 0) EndPart();
    part_ += term;
  }
  float Result() {
    EndPart();
    return sum_;
  }

 private:
  void EndPart() {
    sum_ += part_;
    part_ = 0;
  }
  int64_t next_;  // which one of the window
  float sum_ = 0, part_ = 0;
};

float Average(const Taps& taps, const float* x) {
  Sum sum(taps.rows.skipped), row(taps.columns.skipped);
  taps.ForEach([&](int64_t offset, int64_t, int64_t) { row.Add(x[offset]); },
               [&] {
                 sum.Add(row.Result());
                 row = Sum(taps.columns.skipped);
               });
  return CanonicalNaN((sum.Result() + 0.0f) / taps.shape.Divisor(taps.rows, taps.columns));
}

struct ReferencePlan {
  PoolShape shape;
  double cycles;

  int64_t ScratchBytes() const { return 0; }
  std::string Describe() const { return "scalar"; }
  void Run(const PoolBuffers& buffers) const {
    RunTasks(shape.threads, shape.n * shape.h.out, [&](int64_t task, int64_t) {
      const int64_t n = task / shape.h.out, row = task % shape.h.out;
      RunReference(shape, buffers, {n, 0, shape.c, row, 1, 0, shape.w.out});
    });
  }
};

}  // namespace

void RunReference(const PoolShape& shape, const PoolBuffers& buffers, const PoolBlock& b) {
  for (int64_t oh = b.row; oh < b.row + b.rows; ++oh) {
    for (int64_t ow = b.column; ow < b.column + b.columns; ++ow) {
      const Taps taps{shape, shape.h.At(oh), shape.w.At(ow)};
      for (int64_t c = b.channel; c < b.channel + b.channels; ++c) {
        const float* const x = buffers.x + b.n * shape.xs.n + c * shape.xs.c;
        const auto at = [&](const Strides& s) { return b.n * s.n + c * s.c + oh * s.h + ow * s.w; };
        float& y = buffers.y[at(shape.ys)];
        if (shape.op->average) {
          y = Average(taps, x);
        } else {
          Max(taps, x, y, shape.with_indices ? buffers.indices + at(shape.is) : nullptr);
        }
      }
    }
  }
}

const char* ConsiderPoolReference(const PoolShape& shape, PoolPlan& plan) {
  const double taps = shape.h.CountTaps() * shape.w.CountTaps();
  const double all = Number(shape.n) * Number(shape.c) *
                     (8 * taps + 100 * Number(shape.h.out) * Number(shape.w.out));
  plan = PoolPlan(ReferencePlan{.shape = shape, .cycles = all});
  return nullptr;
}

}  // namespace windrow::internal
