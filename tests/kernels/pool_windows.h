// What the trials of pooling's kernels share: how taps are reduced, and what a kernel must say.
#ifndef WINDROW_TESTS_KERNELS_POOL_WINDOWS_H_
#define WINDROW_TESTS_KERNELS_POOL_WINDOWS_H_

#include <cstdint>
#include <memory>

#include "lib/simd/pool_kernels.h"
#include "tests/kernels/fixture.h"
#include "tests/pool/problem.h"

namespace windrow::test {

// Where the results of a window belong.
struct ResultAt {
  float* y;
  int32_t* narrow;  // null: not there
  int64_t* indices;
};

// The first of equal taps, if none is NaN.
struct Max {
  float value = 0;
  int64_t index = -1;

  void Take(float v, int64_t at) {
    if (index < 0 || v > value) value = v, index = at;
  }
};

// A sum of parts: of the taps of a row, and of rows, as numbered in the window.
class SumOfParts {
 public:
  void Take(int64_t row, int64_t column, float v);
  // The average if the divisor is not 0.
  float Of(float divisor);

 private:
  void EndRow();

  int64_t row_ = -1;
  float rows_ = 0, part_of_rows_ = 0, taps_ = 0, part_of_taps_ = 0;
};

// What is among the taps of a call, and whether a kernel of maxima says so. It need not where sums
// of all taps of either sign are too large, as with infinities.
class Seen {
 public:
  void Take(float v);
  // Why it may not return that, or "".
  const char* Fault(bool returned) const;

 private:
  bool nan_ = false;
  double up_ = 0, down_ = 0;
};

// Floats to read, one of which may be NaN unless all are to be `numbers`; on demand as many indices
// follow, as an earlier pass gives them.
const float* DrawPixels(Fixture& s, int64_t floats, bool indices_beside, bool numbers = false);

// A divisor or 0.
float DrawDivisor(Fixture& s);

// 0 as often as not.
inline int64_t Gap(Fixture& s) { return s.OneIn(2) ? 0 : s.Between(0, 9, 0); }

// The arguments of a kernel `t`, and its `windows`: windows(f) calls f(at, taps) for each of
// them, where taps(g) calls g(row, column, value, index) for each of its taps in raster order.
// `seen` is what else shows in a sum of taps, `work` how many taps there are.
template <typename Args, typename Windows>
Trial PoolTrial(Fixture& s, bool (*kernel)(const Args&), const Args& t, Reduction reduction,
                float divisor, const Windows& windows, int64_t work, Seen seen = {}) {
  const auto shared = std::make_shared<Seen>(seen);
  const auto results = [=](const auto& put) {
    windows([&](const ResultAt& at, const auto& taps) {
      Max max;
      SumOfParts sum;
      taps([&](int64_t row, int64_t column, float value, int64_t index) {
        sum.Take(row, column, value);
        max.Take(value, index);
        if (reduction != Reduction::kAverage) shared->Take(value);
      });
      put(at.y, reduction == Reduction::kAverage ? sum.Of(divisor) : max.value);
      if (reduction != Reduction::kMaxIndices) return;
      if (at.narrow != nullptr) put(at.narrow, static_cast<int32_t>(max.index));
      if (at.indices != nullptr) put(at.indices, max.index);
    });
  };
  return {.reference = [=, &s] { results([&s](auto* at, auto v) { s.Expected(at) = v; }); },
          .kernel =
              [=, &s] {
                const bool returned = kernel(t);
                s.Complain(shared->Fault(returned));
                // As in the library. Nothing else may have been written to.
                if (!returned) results([](auto* at, auto v) { *at = v; });
              },
          .work = static_cast<double>(work)};
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_KERNELS_POOL_WINDOWS_H_
