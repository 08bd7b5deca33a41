// One pooling to be checked: every attribute that may change which code runs.
#ifndef WINDROW_TESTS_POOL_PROBLEM_H_
#define WINDROW_TESTS_POOL_PROBLEM_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tests/conv/problem.h"
#include "windrow/padding.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow::test {

// What becomes of a window.
enum class Reduction : uint8_t { kMax, kMaxIndices, kAverage };
inline constexpr Reduction kReductions[] = {Reduction::kMax, Reduction::kMaxIndices,
                                            Reduction::kAverage};
const char* ToString(Reduction reduction);  // "max", "indices", "average"

struct PoolProblem {
  Reduction reduction = Reduction::kMax;
  bool adaptive = false;
  int64_t mb = 1, c = 1, ih = 1, iw = 1;
  Size2 output_size{1};  // of an adaptive one
  // Of another. A stride of 0 is the kernel's.
  Size2 kernel{1}, stride{0}, dilation{1};
  Padding padding{0};
  bool ceil_mode = false;
  bool count_include_pad = true;              // of an average
  std::optional<int64_t> divisor_override{};  // of an average
  Layout x_layout = Layout::kNhwc, y_layout = Layout::kNhwc, index_layout = Layout::kNhwc;
  Gaps gaps = Gaps::kNone;
  Edge edge = Edge::kEnd;
  Values values = Values::kFinite;

  void SetLayout(Layout layout) { x_layout = y_layout = index_layout = layout; }
  bool average() const { return reduction == Reduction::kAverage; }
  bool indices() const { return reduction == Reduction::kMaxIndices; }
  Size2 step() const;  // the stride, if it is not the kernel's
  Shape input() const { return Shape(mb, c, ih, iw); }
  Shape output() const;  // by arithmetic of its own, not the library's
  int64_t taps() const;  // of all windows, about
};

// Whether the window fits, and the padding is at most half of the kernel or, of each side its own,
// less than what the window covers.
bool IsValid(const PoolProblem& p);

// The problem with another reduction, without what that has no use for.
PoolProblem WithReduction(PoolProblem p, Reduction reduction);

// Any of the four classes.
struct AnyPooling : Pooling {
  AnyPooling(const Pooling& pooling) : Pooling(pooling) {}
};

AnyPooling MakePooling(const PoolProblem& p, const std::string& target,
                       const std::string& algorithm, const std::string& backward = "auto");

// "max mb2 c64 ih56 iw56 k3 s2 p1 nhwc" and what else differs from the default.
std::string ToString(const PoolProblem& p);

Sides PaddingOfHeight(const PoolProblem& p);
Sides PaddingOfWidth(const PoolProblem& p);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_POOL_PROBLEM_H_
