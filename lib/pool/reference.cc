// max:      m = first;  for kh: for kw: m = x > m or x is NaN ? x : m
// average:  y = (sum over kh of the sums over kw of x, + 0) / divisor
// sum:      s = +0;  for each part of 64 terms: { p = +0;  for each term: p += term;  s += p; }
//
// Written to be read: no loop here is tuned, and each rounding is one expression.
#include "lib/pool/reference.h"

#include <bit>
#include <limits>

#include "lib/base/parallel.h"

namespace windrow::internal {
namespace {

float Canonical(float v) { return v != v ? std::bit_cast<float>(0x7FC00000u) : v; }

// Calls f(offset of the tap in x, its row, its column) for every tap, in order.
struct Taps {
  const PoolCall& call;
  Window rows, columns;

  template <typename F, typename G>
  void ForEach(const F& tap, const G& end_of_row) const {
    for (int64_t i = 0; i < rows.taps; ++i) {
      const int64_t h = rows.begin + i * call.h.dilation;
      for (int64_t j = 0; j < columns.taps; ++j) {
        const int64_t w = columns.begin + j * call.w.dilation;
        tap(h * call.xs.h + w * call.xs.w, h, w);
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
        if (v > max || v != v || at < 0) max = v, at = h * taps.call.w.in + w;
      },
      [] {});
  // An operation, so that a denormal is flushed if the caller wants that. Not one that a compiler
  // knows to change nothing.
  const volatile float one = 1;
  y = Canonical(max * one);
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
  return Canonical((sum.Result() + 0.0f) / taps.call.Divisor(taps.rows, taps.columns));
}

// A row of outputs of one image, all channels.
void Row(const PoolCall& call, int64_t n, int64_t oh) {
  for (int64_t c = 0; c < call.c; ++c) {
    const float* const x = call.x + n * call.xs.n + c * call.xs.c;
    for (int64_t ow = 0; ow < call.w.out; ++ow) {
      const auto at = [&](const Strides& s) { return n * s.n + c * s.c + oh * s.h + ow * s.w; };
      const Taps taps{call, call.h.At(oh), call.w.At(ow)};
      float& y = call.y[at(call.ys)];
      if (call.op->average) {
        y = Average(taps, x);
      } else {
        Max(taps, x, y, call.with_indices ? call.indices + at(call.is) : nullptr);
      }
    }
  }
}

}  // namespace

const char* RefusePoolReference(const PoolCall&) { return nullptr; }

double EstimatePoolReference(const PoolCall& call) {
  return 8 * static_cast<double>(call.n * call.c) * call.h.CountTaps() * call.w.CountTaps();
}

void RunPoolReference(const PoolCall& call) {
  RunTasks(call.threads, call.n * call.h.out,
           [&call](int64_t task, int64_t) { Row(call, task / call.h.out, task % call.h.out); });
}

}  // namespace windrow::internal
